//! ROUGE-L as the captioning field computes it: the longest common subsequence of words, precision and recall each of the
//! reference where it is best, recall weighing 1.2 times as much.

/// Weight of recall.
const BETA: f64 = 1.2;

/// The score of a text against its references, from 0 to 1; none without words or references.
pub fn rouge_l(text: &[String], references: &[Vec<String>]) -> Option<f64> {
    let references: Vec<&Vec<String>> = references.iter().filter(|words| !words.is_empty()).collect();
    if text.is_empty() || references.is_empty() {
        return None;
    }
    let (mut precision, mut recall) = (0f64, 0f64);
    for reference in references {
        let common = common(text, reference) as f64;
        precision = precision.max(common / text.len() as f64);
        recall = recall.max(common / reference.len() as f64);
    }
    if precision == 0.0 || recall == 0.0 {
        return Some(0.0);
    }
    Some((1.0 + BETA * BETA) * precision * recall / (recall + BETA * BETA * precision))
}

/// Length of the longest common subsequence.
fn common(one: &[String], other: &[String]) -> usize {
    let mut row = vec![0; other.len() + 1];
    for word in one {
        let mut before = 0;
        for (at, theirs) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == theirs { before + 1 } else { above.max(row[at]) };
            before = above;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_subsequence_may_have_gaps() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(common(&words("a x b y c"), &words("a b z c")), 3);
        assert_eq!(rouge_l(&words("a b"), &[words("a b")]), Some(1.0));
        assert_eq!(rouge_l(&words("a b"), &[words("c")]), Some(0.0));
        assert_eq!(rouge_l(&[], &[words("c")]), None);
    }
}
