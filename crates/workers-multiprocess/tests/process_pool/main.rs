//! `ProcessPool` as its users see it. The main function is our own: its first line makes a process that a
//! pool has started a worker.

#[cfg(all(target_os = "linux", not(loom)))]
mod deaths;
#[cfg(all(target_os = "linux", not(loom)))]
mod guilty;
#[cfg(all(target_os = "linux", not(loom)))]
mod harness;
#[cfg(all(target_os = "linux", not(loom)))]
mod interrupts;
#[cfg(all(target_os = "linux", not(loom)))]
mod matrix;
#[cfg(all(target_os = "linux", not(loom)))]
mod options;
#[cfg(all(target_os = "linux", not(loom)))]
mod pools;
#[cfg(all(target_os = "linux", not(loom)))]
mod process;
#[cfg(all(target_os = "linux", not(loom)))]
mod results;
#[cfg(all(target_os = "linux", not(loom)))]
mod scenarios;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(any(loom, feature = "loopback"))))]
mod steps;
#[cfg(all(target_os = "linux", not(loom)))]
mod tasks;
#[cfg(all(target_os = "linux", not(loom)))]
mod tools;

/// The name of a test function is the test's name.
#[cfg(all(target_os = "linux", not(loom)))]
macro_rules! tests {
    ($($module:ident :: { $($name:ident),* $(,)? })*) => {
        &[$($((concat!(stringify!($module), "::", stringify!($name)), $module::$name as fn())),*),*]
    };
}

#[cfg(all(target_os = "linux", not(loom)))]
fn main() {
    // One of the scenarios is a main that does not begin with `init`.
    scenarios::main();
    workers_multiprocess::init();
    harness::run(&[TESTS, STEPS].concat());
}

/// The tests count processes and descriptors in `/proc`.
#[cfg(not(all(target_os = "linux", not(loom))))]
fn main() {
    println!("the tests of the process pool run on Linux only");
}

#[cfg(all(target_os = "linux", not(loom)))]
const TESTS: &[harness::Test] = tests! {
    results::{
        a_value_comes_back_as_it_was_sent,
        a_task_runs_in_another_process,
        a_large_value_crosses_both_ways,
        a_thousand_results_come_in_the_order_of_their_arguments,
        results_of_all_lengths_and_panics_between_them_come_in_order,
        a_result_that_panics_as_it_is_dropped_is_its_own_call_s_panic,
        a_task_that_itself_makes_bytes_of_shared_ones_gets_them_all,
        a_panic_brings_its_text_and_its_place_and_spares_the_worker,
        a_panic_without_text_says_so,
        a_task_takes_as_many_arguments_as_it_has_parameters,
        a_function_that_is_not_marked_is_refused_by_name,
        an_argument_that_cannot_cross_fails_only_its_task,
        a_result_that_cannot_cross_fails_only_its_task,
        what_has_not_begun_can_be_taken_back_and_the_rest_goes_on,
        dropping_the_pool_finishes_what_was_submitted,
        a_pool_inside_a_task_works,
        a_pool_without_workers_is_refused,
    }
    deaths::{
        a_killed_worker_fails_only_its_task_and_another_takes_its_place,
        each_kind_of_death_is_told_by_its_signal_or_its_exit_code,
        a_stack_overflow_fails_only_its_task,
        a_worker_that_dies_while_idle_costs_no_task,
        a_worker_that_dies_while_others_work_does_not_disturb_them,
        every_future_gets_a_result_while_workers_are_killed,
        a_worker_that_writes_garbage_costs_itself_and_nothing_else,
        nothing_is_left_behind,
        a_pool_that_is_dropped_by_a_panic_leaves_nothing_behind,
        a_worker_that_does_not_end_is_killed,
    }
    process::{
        a_task_in_a_process_of_its_own_gives_its_value_and_exit_code_0,
        exit_codes_are_pythons,
        a_process_can_be_terminated_interrupted_and_killed,
        a_process_that_is_killed_at_once_has_an_end_all_the_same,
        a_process_is_among_the_active_children_until_it_has_ended,
        the_sentinel_is_readable_when_the_process_has_ended_and_not_before,
        a_daemon_ends_with_its_handle_and_another_goes_on,
        a_process_has_the_environment_the_streams_and_the_name_that_were_said,
        what_is_no_task_or_cannot_cross_is_refused_at_the_start,
        processes_leave_nothing_behind,
        a_process_ends_when_its_parent_is_killed,
        main_of_threads_waits_for_a_process_that_is_no_daemon,
    }
    interrupts::{
        the_first_signal_ends_the_pool_and_the_program_goes_on,
        the_second_signal_has_its_default_effect,
        a_signal_has_its_default_effect_when_no_pool_is_left_that_asked_for_it,
        without_the_option_a_signal_ends_the_program_and_its_workers_end_too,
    }
    guilty::{
        a_task_behind_many_that_kill_their_workers_is_done,
        tasks_behind_one_that_does_not_end_are_done_by_the_other_worker,
        a_task_is_not_killed_for_the_time_of_the_one_before,
        a_stopped_worker_whose_tasks_were_taken_back_is_no_hindrance_to_a_shutdown,
        a_shutdown_does_not_wait_for_a_worker_that_hangs_at_its_start,
        a_panic_in_the_function_that_gets_the_lines_hangs_nothing,
        a_stream_that_never_ends_does_not_hide_a_death,
        a_pool_can_be_dropped_by_the_callback_of_its_own_task,
        a_worker_without_descriptors_fails_what_needs_some_and_nothing_else,
        a_pool_without_descriptors_fails_the_results_that_need_some_and_nothing_else,
        a_panic_while_an_argument_is_encoded_fails_its_own_item_of_a_batch,
        a_limit_of_memory_in_which_no_worker_gets_ready_is_a_clear_error,
        a_process_whose_argument_panics_is_not_started,
        an_input_that_panics_is_over_and_what_was_sent_before_comes_back,
        a_child_that_the_program_forks_and_that_exits_at_once_ends_no_pool,
        a_worker_is_dead_though_a_process_that_it_has_forked_lives,
        chaos_kills_workers_and_costs_no_task_that_may_be_tried_again,
    }
    matrix::{
        a_failure_while_decoding_running_or_encoding_costs_its_own_task_only,
        a_panic_in_the_pools_own_process_costs_its_own_task_only,
        a_failure_that_ends_the_program_ends_its_workers,
        a_failure_of_an_idle_worker_costs_no_task,
        a_failure_while_requests_and_answers_are_sent_costs_one_task_at_most,
        a_failure_at_start_up_is_an_error_and_the_next_start_succeeds,
        a_failure_at_the_end_leaves_nothing_behind,
    }
    options::{
        each_worker_runs_the_initializer_first,
        an_initializer_takes_an_argument_of_any_length,
        an_initializer_that_fails_is_told_from_an_init_that_is_missing,
        a_worker_is_replaced_after_so_many_tasks,
        a_worker_with_nothing_to_do_ends_and_is_started_when_it_is_needed,
        who_uses_too_much_processor_time_is_ended_and_nobody_else_is,
        a_limit_may_be_as_long_as_a_duration_can_be,
        a_task_that_has_cost_its_workers_is_listed_with_its_argument,
        a_task_that_is_cancelled_is_told_and_killed_if_it_does_not_end,
        a_line_comes_with_the_name_of_its_worker_and_of_its_stream,
        rayon_in_a_worker_has_its_share_of_the_cores,
        the_workers_are_in_the_statistics_from_the_start,
        what_a_task_has_started_stays_no_zombie_where_the_program_takes_it_over,
    }
    pools::{
        a_pool_goes_on_when_another_is_dropped_or_loses_a_worker,
        pools_may_be_made_in_several_threads_at_once,
        hundreds_of_pools_one_after_another_leave_nothing,
    }
    scenarios::{
        a_program_without_init_gets_an_error_and_no_process,
        a_worker_without_init_says_so_ends_with_2_and_fails_the_pool,
        an_init_that_is_late_or_in_another_thread_is_told_apart,
        what_main_prints_before_init_is_seen_once_and_a_second_init_changes_nothing,
        a_worker_that_ends_before_init_fails_the_pool,
        a_program_that_a_task_starts_is_no_worker,
        what_a_task_prints_is_there_before_its_result,
        a_task_reads_nothing_from_its_standard_input,
        workers_end_when_the_process_of_their_pool_is_killed,
        workers_end_with_the_process_of_their_pool_though_one_that_it_has_forked_lives,
        a_worker_that_cannot_be_started_fails_the_task_and_the_next_one_tries_again,
    }
};

/// Elsewhere a sequence of instructions that has to be done at once, as for an exchange, never is when it is done step by
/// step.
/// And who polls for a child's end takes the account of its stops.
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(any(loom, feature = "loopback"))))]
const STEPS: &[harness::Test] = tests! {
    steps::{
        a_worker_may_be_killed_at_any_instruction_of_a_task,
        a_worker_may_be_killed_at_any_instruction_of_a_batch,
    }
};
#[cfg(all(target_os = "linux", any(not(target_arch = "x86_64"), feature = "loopback"), not(loom)))]
const STEPS: &[harness::Test] = &[];
