//! An evaluation's table as text for other programs and papers: CSV with every number, Markdown, LaTeX (booktabs), and the card that
//! goes into a model's folder.

use super::moments::moment;
use crate::exchange::clean::clean_line;
use crate::story::{Cell, Evaluation, ProbedReward};

/// Most of a name in a table.
const MOST: usize = 200;

/// One line a cell, every number with all its digits.
pub fn evaluation_csv(evaluation: &Evaluation) -> String {
    let quoted = |text: &str| format!("\"{}\"", clean_line(text, MOST).replace('"', "\"\""));
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let mut out = String::from(
        "group,measure,version,direction,model,value,low,high,sequences,difference,difference_low,difference_high,p,p_holm\n",
    );
    for row in &evaluation.rows {
        let direction = format!("{:?}", row.direction).to_lowercase();
        for (cell, model) in row.cells.iter().zip(&evaluation.models) {
            let versus = cell.versus;
            let fields = [
                quoted(&row.group),
                quoted(&row.key),
                row.version.to_string(),
                direction.clone(),
                quoted(&model.name),
                number(cell.value),
                number(cell.low),
                number(cell.high),
                cell.of.to_string(),
                number(versus.map(|versus| versus.difference)),
                number(versus.map(|versus| versus.low)),
                number(versus.map(|versus| versus.high)),
                number(versus.map(|versus| versus.p)),
                number(versus.map(|versus| versus.p_holm)),
            ];
            out += &(fields.join(",") + "\n");
        }
    }
    for reward in &evaluation.rewards {
        for row in &reward.rows {
            let (name, key) = (quoted(&reward.name), quoted(&format!("fooled.{}", row.key)));
            out += &format!(
                "\"reward models\",{key},{},lower,{name},{},{},{},{},,,,,\n",
                reward.version, row.wins, row.low, row.high, row.of
            );
        }
    }
    out
}

/// A cell with its interval; a star where it differs from the baseline.
pub(super) fn said(cell: &Cell) -> String {
    let star = if cell.differs() { " *" } else { "" };
    match (cell.value, cell.low, cell.high) {
        (Some(_), Some(_), Some(_)) => {
            format!("{} [{}, {}]{star}", cell.said(cell.value), cell.said(cell.low), cell.said(cell.high))
        }
        _ => format!("{}{star}", cell.said(cell.value)),
    }
}

/// What the star means, for this table.
pub(super) fn legend(evaluation: &Evaluation) -> String {
    let mut out = String::from("Intervals hold 95 % (bootstrap over sequences; for distinct words a jackknife).");
    if let Some(base) = evaluation.baseline.and_then(|base| evaluation.models.get(base))
        && evaluation.models.len() > 1
    {
        out += &format!(
            " A star: differs from {} at 5 %, by a paired bootstrap over the sequences of both, after Holm's correction over all \
             comparisons of the table.",
            clean_line(&base.name, MOST)
        );
    }
    out
}

/// The table in Markdown, with everything that a reader has to know.
pub fn evaluation_markdown(evaluation: &Evaluation) -> String {
    let mut out = format!("# {}\n\n", escaped(&evaluation.suite));
    if !evaluation.about.is_empty() {
        out += &format!("{}\n\n", escaped(&evaluation.about));
    }
    for note in &evaluation.notes {
        out += &format!("- {}\n", escaped(note));
    }
    out += "\n";
    out += &tables(evaluation, &(0..evaluation.models.len()).collect::<Vec<_>>());
    for reward in &evaluation.rewards {
        out += &fooled(reward);
    }
    if !evaluation.gates.is_empty() {
        out += "\n## Demands\n\n";
        for gate in &evaluation.gates {
            let held = if gate.held { "held" } else { "**missed**" };
            out += &format!("- {held}: {} (found: {})\n", escaped(&gate.what), escaped(&gate.found));
        }
    }
    out + &origin(evaluation)
}

/// The figures of some models, a table a group.
fn tables(evaluation: &Evaluation, models: &[usize]) -> String {
    let mut out = String::new();
    for group in evaluation.groups() {
        out += &format!("\n## {}\n\n|  |", escaped(&capital(group)));
        models.iter().for_each(|at| out += &format!(" {} |", escaped(&evaluation.models[*at].name)));
        out += &format!("\n| --- |{}\n", " ---: |".repeat(models.len()));
        for row in evaluation.rows.iter().filter(|row| row.group == group) {
            out += &format!("| {} {} |", escaped(row.words.trim()), row.direction.sign());
            models.iter().for_each(|at| out += &format!(" {} |", said(&row.cells[*at])));
            out += "\n";
        }
    }
    format!("{out}\n{}\n", legend(evaluation))
}

fn fooled(reward: &ProbedReward) -> String {
    let mut out =
        format!("\n## Reward model {}\n\n| spoilt by | wins | of |\n| --- | ---: | ---: |\n", escaped(&reward.name));
    for row in &reward.rows {
        out +=
            &format!("| {} | {:.3} [{:.3}, {:.3}] | {} |\n", escaped(&row.words), row.wins, row.low, row.high, row.of);
    }
    out + &format!(
        "\nHow often a spoilt story is given more than the story itself, ties as halves (Wilson's interval, 95 %); the same story \
         alone and beside longer ones differs by {:.1e} at most.\n",
        reward.padded_apart
    )
}

fn origin(evaluation: &Evaluation) -> String {
    let from = &evaluation.origin;
    format!(
        "\n---\n\nstoryloom {}, {} to {}: {}; suite {}, {} sequences {}.\n",
        from.version,
        moment(i64::try_from(from.began_at).unwrap_or(0)),
        moment(i64::try_from(from.ended_at).unwrap_or(0)),
        escaped(&from.command),
        from.suite_hash.get(..16).unwrap_or_default(),
        from.sequences,
        from.sequences_hash.get(..16).unwrap_or_default(),
    )
}

/// The marks between which a card's figures stand.
pub const CARD_MARKS: [&str; 2] = ["<!-- storyloom evaluation: begin -->", "<!-- storyloom evaluation: end -->"];

/// The figures of one model, or of one reward model, for its card; none where the evaluation has neither of this name.
pub fn evaluation_card(evaluation: &Evaluation, name: &str) -> Option<String> {
    let model = evaluation.models.iter().position(|model| model.name == name);
    let reward = evaluation.rewards.iter().find(|reward| reward.name == name);
    if model.is_none() && reward.is_none() {
        return None;
    }
    let mut out = format!("{}\n\n# Evaluation: {}\n\n", CARD_MARKS[0], escaped(&evaluation.suite));
    if let Some(at) = model {
        let found = &evaluation.models[at];
        out += &format!(
            "{} stories by the model {}; {}.\n",
            found.stories,
            found.hash.get(..16).unwrap_or(&found.hash),
            found.size()
        );
        out += &tables(evaluation, &[at]);
    }
    if let Some(reward) = reward {
        out += &fooled(reward);
    }
    if !evaluation.notes.is_empty() {
        out += "\n## What to know\n\n";
        evaluation.notes.iter().for_each(|note| out += &format!("- {}\n", escaped(note)));
    }
    Some(format!("{out}{}\n{}\n", origin(evaluation), CARD_MARKS[1]))
}

/// The table for a paper, with booktabs.
pub fn evaluation_latex(evaluation: &Evaluation) -> String {
    let columns = "r".repeat(evaluation.models.len());
    let mut out = format!(
        "% {}: written by storyloom {}; needs \\usepackage{{booktabs}}\n\\begin{{tabular}}{{l{columns}}}\n\\toprule\n",
        clean_line(&evaluation.suite, MOST),
        evaluation.origin.version
    );
    evaluation.models.iter().for_each(|model| out += &format!(" & {}", latex(&model.name)));
    out += " \\\\\n";
    for group in evaluation.groups() {
        out += &format!(
            "\\midrule\n\\multicolumn{{{}}}{{l}}{{\\emph{{{}}}}} \\\\\n",
            evaluation.models.len() + 1,
            latex(&capital(group))
        );
        for row in evaluation.rows.iter().filter(|row| row.group == group) {
            let sign = match row.direction.sign() {
                "↑" => " $\\uparrow$",
                "↓" => " $\\downarrow$",
                "" => "",
                _ => " $\\to 0$",
            };
            out += &format!("{}{sign}", latex(row.words.trim()));
            for cell in &row.cells {
                let star = if cell.differs() { "$^*$" } else { "" };
                out += &match (cell.value, cell.low, cell.high) {
                    (Some(_), Some(_), Some(_)) => format!(
                        " & {}{star} {{\\scriptsize [{}, {}]}}",
                        cell.said(cell.value),
                        cell.said(cell.low),
                        cell.said(cell.high)
                    ),
                    _ => format!(" & {}{star}", cell.said(cell.value)),
                };
            }
            out += " \\\\\n";
        }
    }
    out + &format!("\\bottomrule\n\\end{{tabular}}\n% {}\n", legend(evaluation))
}

/// Words that LaTeX takes as they are.
fn latex(words: &str) -> String {
    let mut out = String::new();
    for sign in clean_line(words, MOST).chars() {
        match sign {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out += &format!("\\{sign}"),
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '\\' => out += "\\textbackslash{}",
            '<' | '>' | '|' => out += &format!("${sign}$"),
            sign => out.push(sign),
        }
    }
    out
}

/// Words that Markdown shows as they are.
fn escaped(words: &str) -> String {
    let sign = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|');
    clean_line(words, 4000).chars().flat_map(|c| sign(c).then_some('\\').into_iter().chain([c])).collect()
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
