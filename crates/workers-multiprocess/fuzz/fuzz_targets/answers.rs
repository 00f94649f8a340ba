//! Any bytes as the answer of a worker.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| workers_multiprocess::fuzzing::answer(bytes));
