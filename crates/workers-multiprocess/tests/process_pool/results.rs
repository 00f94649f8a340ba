//! What comes back from a task, and why nothing does.

use crate::{
    tasks::{self, Faulty, Shape},
    tools::{fresh_path, pool, result, wait_until},
};
use std::{collections::BTreeMap, fs, io::ErrorKind};
use workers_multiprocess::{Future, ProcessPool, SharedBytes, TaskError};

pub(crate) fn a_value_comes_back_as_it_was_sent() {
    let map = BTreeMap::from([("a".to_owned(), vec![i64::MIN, 0, i64::MAX]), (String::new(), vec![])]);
    let shapes = vec![
        None,
        Some(Shape::Nothing),
        Some(Shape::Circle { radius: f64::MIN_POSITIVE }),
        Some(Shape::Named("漢字 \0".into(), map)),
    ];
    let pool = pool(1);
    assert_eq!(result(pool.submit(tasks::echo, shapes.clone())), Ok(shapes));
    assert_eq!(result(pool.submit(tasks::echo, vec![])), Ok(vec![]));
}

pub(crate) fn a_task_runs_in_another_process() {
    let worker = result(pool(1).submit(tasks::pid, ())).unwrap();
    assert_ne!(worker, std::process::id());
}

pub(crate) fn a_large_value_crosses_both_ways() {
    let text: String = (0..16 << 20).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
    let reversed: String = text.chars().rev().collect();
    assert!(result(pool(1).submit(tasks::reverse, text)) == Ok(reversed));
}

pub(crate) fn a_thousand_results_come_in_the_order_of_their_arguments() {
    let pool = pool(3);
    let results = pool.map(tasks::square, 0..1000);
    for (n, square) in (0..1000).zip(results) {
        assert_eq!(square, Ok(n * n));
    }
}

/// Around the lengths where an item's head, or the place where its result lies, changes.
pub(crate) fn results_of_all_lengths_and_panics_between_them_come_in_order() {
    let lengths = (0..300).chain([16_300, 16_380, 16_384, 0, 32_767, 32_768, 40_000, 1]);
    let lengths: Vec<usize> = lengths.flat_map(|len| [len, 254 - len % 4]).collect();
    let pool = pool(2);
    for chunk in [1, 7, 1000] {
        let results = pool.call(tasks::fill).chunk_size(chunk).map(lengths.iter().copied());
        for (len, result) in lengths.iter().zip(results) {
            match result {
                Ok(bytes) => assert!(len % 5 > 0 && bytes == vec![3; *len], "{len}"),
                Err(TaskError::Panicked { message, .. }) => assert_eq!(message, format!("no {len}")),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

pub(crate) fn a_result_that_panics_as_it_is_dropped_is_its_own_call_s_panic() {
    let pool = pool(1);
    let results: Vec<_> = pool.call(tasks::unwelcome).chunk_size(9).map((0..9).map(|n| n % 3 == 1)).collect();
    for (n, result) in (0..9).zip(results) {
        match result {
            Ok(value) => assert!(n % 3 != 1 && !value.0, "{n}"),
            Err(TaskError::Panicked { message, .. }) => assert_eq!((n % 3, &*message), (1, "unwelcome")),
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) fn a_task_that_itself_makes_bytes_of_shared_ones_gets_them_all() {
    let bytes = SharedBytes::build(SharedBytes::INLINE, |bytes| bytes.fill(7)).unwrap();
    assert_eq!(result(pool(1).submit(tasks::to_json_and_back, bytes.clone())), Ok(bytes));
}

pub(crate) fn a_panic_brings_its_text_and_its_place_and_spares_the_worker() {
    let pool = pool(1);
    let before = result(pool.submit(tasks::pid, ())).unwrap();
    match result(pool.submit(tasks::fall, "a stone".into())) {
        Err(TaskError::Panicked { message, location, .. }) => {
            assert_eq!(message, "fell over a stone");
            let (file, line) = tasks::FALL;
            assert!(location.starts_with(&format!("{file}:{line}:")), "{location}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(result(pool.submit(tasks::pid, ())), Ok(before));
}

pub(crate) fn a_panic_without_text_says_so() {
    match result(pool(1).submit(tasks::throw, 7)) {
        Err(TaskError::Panicked { message, .. }) => assert_eq!(message, "(the panic's payload is no text)"),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn a_task_takes_as_many_arguments_as_it_has_parameters() {
    let pool = pool(1);
    assert_ne!(result(pool.submit(tasks::nothing_to_ask_for, ())), Ok(std::process::id()));
    assert_eq!(result(pool.submit(tasks::divide, (42, 6))), Ok(7));
    assert_eq!(result(pool.submit(tasks::divide_pair, (42, 6))), Ok(7));
    let eight = (1, -2, 'c', "d".into(), true, Some(6), 7.5, (8, 9));
    assert_eq!(result(pool.submit(tasks::join_eight, eight)), Ok("1 -2 c d true Some(6) 7.5 (8, 9)".into()));
    let quotients: Vec<_> = pool.starmap(tasks::divide, [(4, 2), (1, 0), (9, 3)]).collect();
    assert!(matches!(&quotients[..], [Ok(2), Err(TaskError::Panicked { .. }), Ok(3)]), "{quotients:?}");
    assert_eq!(pool.map(tasks::nothing_to_ask_for, [(), ()]).count(), 2);
    let quotients: Result<Vec<_>, _> = pool.call(tasks::divide).starmap((1..4).map(|n| (6, n))).collect();
    assert_eq!(quotients, Ok(vec![6, 3, 2]));
}

pub(crate) fn a_function_that_is_not_marked_is_refused_by_name() {
    let pool = pool(1);
    let refused = |future: Future<u64>| match result(future) {
        Err(TaskError::NotATask(name)) => name,
        other => panic!("{other:?}"),
    };
    let future = pool.submit(tasks::unmarked, 1);
    assert!(future.is_done());
    assert!(refused(future).ends_with("tasks::unmarked"));
    assert!(refused(pool.submit(|n: u64| n, 1)).contains("{{closure}}"));
    // A pointer no longer tells which function it is.
    assert_eq!(refused(pool.submit(tasks::square as fn(u64) -> u64, 1)), "fn(u64) -> u64");
}

#[track_caller]
fn assert_encode_error<R: std::fmt::Debug>(result: Result<R, TaskError>) {
    assert!(matches!(&result, Err(TaskError::Encode(text)) if text.contains("Faulty")), "{result:?}");
}

#[track_caller]
fn assert_decode_error<R: std::fmt::Debug>(result: Result<R, TaskError>) {
    assert!(matches!(&result, Err(TaskError::Decode(text)) if text.contains("Faulty")), "{result:?}");
}

#[track_caller]
fn assert_panic<R: std::fmt::Debug>(result: Result<R, TaskError>, text: &str) {
    assert!(matches!(&result, Err(TaskError::Panicked { message, .. }) if message == text), "{result:?}");
}

pub(crate) fn an_argument_that_cannot_cross_fails_only_its_task() {
    let pool = pool(1);
    let worker = result(pool.submit(tasks::pid, ()));
    let future = pool.submit(tasks::take_faulty, Faulty::ErrorWhenEncoded);
    assert!(future.is_done(), "nothing is sent");
    assert_encode_error(result(future));
    assert_decode_error(result(pool.submit(tasks::take_faulty, Faulty::ErrorWhenDecoded)));
    assert_panic(result(pool.submit(tasks::take_faulty, Faulty::PanicWhenDecoded)), "fell while decoding");
    assert_eq!(result(pool.submit(tasks::take_faulty, Faulty::Nowhere)), Ok(()));
    assert_eq!(result(pool.submit(tasks::pid, ())), worker);
}

pub(crate) fn a_result_that_cannot_cross_fails_only_its_task() {
    let pool = pool(1);
    let worker = result(pool.submit(tasks::pid, ()));
    let give = |number| result(pool.submit(tasks::give_faulty, number));
    assert_encode_error(give(1));
    assert_panic(give(2), "fell while encoding");
    assert_decode_error(give(3));
    assert_panic(give(4), "fell while decoding");
    assert_eq!(give(0), Ok(Faulty::Nowhere));
    assert_eq!(result(pool.submit(tasks::pid, ())), worker);
}

pub(crate) fn what_has_not_begun_can_be_taken_back_and_the_rest_goes_on() {
    let (begun, released) = (fresh_path("begun"), fresh_path("released"));
    let pool = pool(1);
    let running = pool.submit(tasks::rendezvous, (begun.clone(), released.clone()));
    wait_until("the task has begun", || begun.exists());
    let queued: Vec<_> = (0..10).map(|n| pool.submit(tasks::square, n)).collect();
    assert_eq!(pool.cancel_pending(), 10);
    for future in queued {
        assert_eq!(result(future), Err(TaskError::Cancelled));
    }
    fs::write(&released, "").unwrap();
    assert_eq!(result(running), Ok(()));
    assert_eq!(result(pool.submit(tasks::square, 4)), Ok(16));
}

pub(crate) fn dropping_the_pool_finishes_what_was_submitted() {
    let pool = pool(1);
    let futures: Vec<_> = (0..50).map(|n| pool.submit(tasks::square, n)).collect();
    drop(pool);
    assert!(futures.iter().all(Future::is_done));
    for (n, future) in (0..50).zip(futures) {
        assert_eq!(result(future), Ok(n * n));
    }
}

pub(crate) fn a_pool_inside_a_task_works() {
    let numbers: Vec<u64> = (1..=10).collect();
    assert_eq!(result(pool(1).submit(tasks::sum_of_squares_by_a_pool, numbers)), Ok(385));
}

pub(crate) fn a_pool_without_workers_is_refused() {
    assert_eq!(ProcessPool::new(0).unwrap_err().kind(), ErrorKind::InvalidInput);
}
