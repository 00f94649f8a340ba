//! A program with two tasks of the same path. It has a test executable of its own, because no pool can be
//! made in it.

#![cfg(all(target_os = "linux", not(loom)))]

use std::io::ErrorKind;
use workers_multiprocess::{ProcessPool, task};

fn one() -> u32 {
    #[task]
    fn same_name(n: u32) -> u32 {
        n
    }
    same_name(1)
}

fn two() -> u32 {
    #[task]
    fn same_name(n: u32) -> u32 {
        n + 1
    }
    same_name(1)
}

#[workers_multiprocess::test]
fn a_pool_of_a_program_with_two_tasks_of_one_path_is_refused() {
    assert_eq!((one(), two()), (1, 2), "the functions are still themselves");
    let error = ProcessPool::new(1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let path = concat!(module_path!(), "::same_name");
    assert_eq!(error.to_string(), format!("two functions are marked #[task] under the same path `{path}`"));
}
