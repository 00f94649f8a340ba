//! What the small features give.
#![cfg(not(loom))]

#[cfg(feature = "serde")]
#[test]
fn a_lock_is_serialized_as_its_data_is() {
    let lock = locks::Lock::new(vec![1, 2]);
    let text = serde_json::to_string(&lock).unwrap();
    assert_eq!(text, "[1,2]");
    let read: locks::Lock<Vec<u32>> = serde_json::from_str(&text).unwrap();
    assert_eq!(read.into_inner(), [1, 2]);
}

#[cfg(feature = "arc_lock")]
#[test]
fn a_guard_that_shares_the_lock_outlives_the_other_shares() {
    use std::sync::Arc;
    let lock = Arc::new(locks::Lock::new(1));
    let mut guard: locks::ArcLockGuard<u32> = lock.lock_arc();
    let other = Arc::downgrade(&lock);
    drop(lock);
    std::thread::spawn(move || *guard += 1).join().unwrap();
    assert!(other.upgrade().is_none(), "the guard's was the last");
}

#[cfg(feature = "arc_lock")]
#[test]
fn a_guard_that_shares_the_lock_is_one_share_of_it() {
    use std::sync::Arc;
    let lock: Arc<locks::Lock<[u8]>> = Arc::new(locks::Lock::new([1, 2]));
    let guard = lock.lock_arc();
    assert_eq!((Arc::strong_count(&lock), &*guard), (2, &[1, 2][..]));
    assert!(lock.try_lock_arc().is_none());
    assert!(lock.try_lock_arc_for(std::time::Duration::from_millis(1)).is_none());
    drop(guard);
    assert_eq!(Arc::strong_count(&lock), 1);

    let lock: Arc<locks::RwLock<dyn Send>> = Arc::new(locks::RwLock::new(String::from("a")));
    let readers = (lock.read_arc(), lock.try_read_arc().unwrap());
    assert!(lock.try_write_arc().is_none());
    assert_eq!(Arc::strong_count(&lock), 3);
    drop(readers);
    let writer = lock.write_arc();
    assert!(lock.try_read_arc_until(std::time::Instant::now()).is_none());
    drop(writer);
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[cfg(feature = "serde")]
#[test]
fn an_rlock_is_serialized_as_its_data_is_also_by_its_owner() {
    let lock = locks::RLock::new(3);
    let guard = lock.lock();
    let text = serde_json::to_string(&lock).unwrap();
    drop(guard);
    let read: locks::RLock<u32> = serde_json::from_str(&text).unwrap();
    assert_eq!((text.as_str(), *read.lock()), ("3", 3));
}
