//! An account under a lock: a deposit of 10 and a withdrawal of 5, each in a thread of its own.
//!
//! The Python original starts both and expects a balance of 5. Its lock keeps them from running at the same
//! time, but nothing says which comes first: a withdrawal that does raises in its thread, and the balance is
//! 10.

use locks::{Condition, Lock};
use std::error::Error;
use threads::Thread;

struct Account {
    balance: Lock<u32>,
    deposited: Condition,
}

impl Account {
    const fn new() -> Self {
        Self { balance: Lock::new(0), deposited: Condition::new() }
    }

    fn deposit(&self, amount: u32) {
        *self.balance.lock() += amount;
        self.deposited.notify_all();
    }

    /// As in the original: fails if the money is not there yet.
    fn withdraw_at_once(&self, amount: u32) -> Result<(), &'static str> {
        let mut balance = self.balance.lock();
        *balance = balance.checked_sub(amount).ok_or("insufficient balance")?;
        Ok(())
    }

    /// Waits for the money. The lock is free meanwhile, so that somebody can deposit it.
    fn withdraw(&self, amount: u32) {
        let mut balance = self.balance.lock();
        self.deposited.wait_for(&mut balance, |balance| *balance >= amount);
        *balance -= amount;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // The order that the original leaves to chance, forced: the withdrawal is over before the deposit starts.
    static HASTY: Account = Account::new();
    let withdrawn = Thread::new(|| HASTY.withdraw_at_once(5)).start()?.join()?;
    Thread::new(|| HASTY.deposit(10)).start()?.join()?;
    let raised = withdrawn.expect_err("there was no money");
    assert_eq!(*HASTY.balance.lock(), 10, "nothing was withdrawn");
    println!("fault: the withdrawal came first ({raised}), final balance {}", HASTY.balance.lock());

    // The same order, and now it does no harm.
    static PATIENT: Account = Account::new();
    let withdrawal = Thread::new(|| PATIENT.withdraw(5)).start()?;
    let deposit = Thread::new(|| PATIENT.deposit(10)).start()?;
    withdrawal.join()?;
    deposit.join()?;
    assert_eq!(*PATIENT.balance.lock(), 5);
    println!("cure: final balance {}", PATIENT.balance.lock());
    Ok(())
}
