//! Whether contests join all systems: a strength is finite only where from everyone to everyone a chain of wins leads.

/// Whether every one of `count` nodes reaches every other along `edges`.
pub fn strongly_connected(count: usize, edges: &[(usize, usize)]) -> bool {
    let reaches_all = |turned: bool| {
        let mut seen = vec![false; count];
        let mut waiting = vec![0];
        while let Some(node) = waiting.pop() {
            if count > 0 && !std::mem::replace(&mut seen[node], true) {
                let ends = edges.iter().map(|(a, b)| if turned { (*b, *a) } else { (*a, *b) });
                waiting.extend(ends.filter(|(from, _)| *from == node).map(|(_, to)| to));
            }
        }
        seen.into_iter().all(|seen| seen)
    };
    count == 0 || (reaches_all(false) && reaches_all(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_connected_and_a_chain_is_not() {
        assert!(strongly_connected(3, &[(0, 1), (1, 2), (2, 0)]));
        assert!(!strongly_connected(3, &[(0, 1), (1, 2)]));
        assert!(!strongly_connected(2, &[]));
        assert!(strongly_connected(1, &[]));
    }
}
