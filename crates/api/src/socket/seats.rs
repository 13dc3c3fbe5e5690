//! How many sockets are open, altogether and by one user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use perezvon_model::UserId;

use super::{SOCKETS, SOCKETS_OF_ONE};
use crate::problem::{Answer, Problem};

#[derive(Clone, Default)]
pub struct Seats(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    by_user: HashMap<UserId, u32>,
}

/// One open socket; given back when dropped.
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Seats {
    pub fn take(&self, user: UserId) -> Answer<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by_user.get(&user).copied().unwrap_or(0);
        if taken.all >= SOCKETS || own >= SOCKETS_OF_ONE {
            return Err(Problem::unavailable("too many pages are open; close some and try again"));
        }
        taken.all += 1;
        taken.by_user.insert(user, own + 1);
        Ok(Seat { seats: self.clone(), user })
    }

    pub fn open(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        let left = taken.by_user.get(&self.user).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            taken.by_user.remove(&self.user);
        } else {
            taken.by_user.insert(self.user, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_take_every_socket() {
        let (seats, user) = (Seats::default(), UserId(uuid::Uuid::now_v7()));
        let mut held: Vec<Seat> = (0..SOCKETS_OF_ONE).map(|_| seats.take(user).unwrap()).collect();
        assert!(seats.take(user).is_err());
        assert!(seats.take(UserId(uuid::Uuid::now_v7())).is_ok());
        held.pop();
        assert!(seats.take(user).is_ok());
        drop(held);
        assert_eq!(seats.open(), 0);
        assert!(seats.0.lock().unwrap().by_user.is_empty());
    }
}
