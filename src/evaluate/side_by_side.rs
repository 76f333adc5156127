//! The same work for many numbers, shared among workers that each have a thread of their own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Does `work` for `0..count` and gives what came of it in order; a worker that is free takes the next number. When `stop` is
/// set, what is done by then is given.
///
/// # Errors
/// The first of any worker; the others then stop too.
pub fn side_by_side<W: Send, T: Send, E: Send>(
    workers: &mut [W],
    count: u64,
    stop: &AtomicBool,
    work: impl Fn(&mut W, u64) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicU64::new(0);
    let failing = AtomicBool::new(false);
    let done: Mutex<Vec<(u64, T)>> = Mutex::new(Vec::new());
    let failed: Mutex<Option<E>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for worker in workers.iter_mut() {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count || stop.load(Ordering::Relaxed) || failing.load(Ordering::Relaxed) {
                        break;
                    }
                    match work(worker, at) {
                        Ok(result) => {
                            if let Ok(mut done) = done.lock() {
                                done.push((at, result));
                            }
                        }
                        Err(error) => {
                            failing.store(true, Ordering::Relaxed);
                            if let Ok(mut failed) = failed.lock() {
                                failed.get_or_insert(error);
                            }
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_default() {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_an_error_or_a_stop_ends_the_work() {
        let go = AtomicBool::new(false);
        let squares = side_by_side(&mut [(), ()], 50, &go, |(), at| Ok::<_, ()>(at * at)).unwrap();
        assert_eq!(squares, (0..50).map(|at| at * at).collect::<Vec<_>>());
        assert_eq!(side_by_side(&mut [()], 9, &go, |(), at| if at == 3 { Err(at) } else { Ok(()) }), Err(3));
        let stopped = side_by_side(&mut [()], 9, &go, |(), at| {
            go.store(at == 4, Ordering::Relaxed);
            Ok::<_, ()>(at)
        });
        assert_eq!(stopped, Ok(vec![0, 1, 2, 3, 4]));
    }
}
