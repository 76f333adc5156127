//! What a judge found, as a table for people or one JSON object for programs.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::outcome::{Outcome, printable};
use crate::evaluate::judges::{
    Agreed, Leanings, Match, Price, Ruling, Scene, Scores, Share, Spent, Told, agreed, leanings, shares_of_systems,
};
use crate::evaluate::mean_interval;

/// What holds for the whole judging.
pub struct Report {
    pub judge: String,
    /// The model that judges, by which its own stories are known.
    pub model: Option<String>,
    pub spent: Spent,
    pub price: Option<Price>,
    /// Not judged, because somebody stopped it.
    pub left: u64,
    pub json: bool,
}

impl Report {
    fn value(&self) -> Map<String, Value> {
        let Spent { requests, remembered, unreadable, uncounted, tokens_in, tokens_out } = self.spent;
        let paid = self.price.map(|price| price.of(tokens_in, tokens_out));
        let value = json!({
            "judge": self.judge, "not_judged": self.left,
            "spent": {
                "requests": requests, "remembered": remembered, "unreadable": unreadable, "uncounted": uncounted,
                "tokens_in": tokens_in, "tokens_out": tokens_out, "paid": paid,
            },
        });
        value.as_object().cloned().unwrap_or_default()
    }

    fn foot(&self, out: &mut impl Write) -> Outcome {
        let Spent { requests, remembered, unreadable, uncounted, tokens_in, tokens_out } = self.spent;
        if requests + remembered > 0 {
            let paid = self.price.map(|price| format!(", {:.4} in money", price.of(tokens_in, tokens_out)));
            let paid = paid.unwrap_or_default();
            writeln!(
                out,
                "spent: {requests} requests, {tokens_in} tokens in and {tokens_out} out{paid}; {remembered} answers were known"
            )?;
        }
        if uncounted > 0 {
            writeln!(out, "the engine did not count the tokens of {uncounted} of them")?;
        }
        if unreadable > 0 {
            writeln!(out, "{unreadable} answers could not be read and are left out")?;
        }
        if self.left > 0 {
            writeln!(out, "{} were not judged: the same command goes on", self.left)?;
        }
        Ok(())
    }
}

/// Means of every system by every criterion, with intervals over stories.
pub fn report_scores<'a>(
    out: &mut impl Write,
    report: &Report,
    judged: impl Iterator<Item = ((&'a Scene, &'a Told), &'a Option<Scores>)>,
) -> Outcome {
    let mut systems: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    let (mut each, mut names, mut unknown) = (Vec::new(), Vec::<&str>::new(), 0);
    for ((scene, told), scores) in judged {
        let Some(scores) = scores else {
            unknown += 1;
            continue;
        };
        let values: Map<String, Value> =
            scores.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        each.push(json!({ "system": told.system, "sequence": scene.order.sequence.id.0, "scores": values }));
        for (name, value) in &scores.values {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
            systems.entry(&told.system).or_default().entry(name).or_default().push(*value);
        }
    }
    if report.json {
        let means = |values: &Vec<f64>| json!({ "stories": values.len(), "mean": mean(values), "interval": mean_interval(values) });
        let table: Map<String, Value> = systems
            .iter()
            .map(|(system, by)| {
                let row: Map<String, Value> =
                    by.iter().map(|(name, values)| ((*name).to_owned(), means(values))).collect();
                ((*system).to_owned(), Value::Object(row))
            })
            .collect();
        let mut value = report.value();
        value.insert("systems".to_owned(), Value::Object(table));
        value.insert("stories".to_owned(), Value::Array(each));
        value.insert("unknown".to_owned(), json!(unknown));
        return Ok(writeln!(out, "{}", Value::Object(value))?);
    }
    writeln!(out, "judged by {}", printable(&report.judge))?;
    write!(out, "{:<20}{:>8}", "", "stories")?;
    names.iter().try_for_each(|name| write!(out, "  {:>22}", printable(name)))?;
    writeln!(out)?;
    for (system, by) in &systems {
        let count = by.values().map(Vec::len).max().unwrap_or_default();
        write!(out, "{:<20}{count:>8}", printable(system))?;
        for name in &names {
            let values = by.get(name).cloned().unwrap_or_default();
            let interval =
                mean_interval(&values).map_or(String::new(), |[low, high]| format!(" [{low:.2}, {high:.2}]"));
            write!(out, "  {:>22}", format!("{:.2}{interval}", mean(&values)))?;
        }
        writeln!(out)?;
    }
    if unknown > 0 {
        writeln!(out, "of {unknown} stories the judge knows nothing")?;
    }
    report.foot(out)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Who won, what the judge leans to, and how far it agrees with people.
pub fn report_pairs(out: &mut impl Write, report: &Report, judged: &[(&Match, &Ruling)]) -> Outcome {
    let systems = shares_of_systems(judged);
    let found = leanings(judged, report.model.as_deref());
    let agreed = agreed(judged);
    let readable = judged.iter().filter(|(_, ruling)| ruling.outcome.is_some()).count();
    if report.json {
        let mut value = report.value();
        let shares: Map<String, Value> = systems.iter().map(|(name, found)| (name.clone(), share(found))).collect();
        value.insert("pairs".to_owned(), json!({ "judged": judged.len(), "readable": readable }));
        value.insert("win_rates".to_owned(), Value::Object(shares));
        value.insert("leanings".to_owned(), leaning_values(&found));
        if agreed.pairs > 0 {
            value.insert("people".to_owned(), agreement_value(&agreed));
        }
        let each = judged.iter().map(|(pair, ruling)| {
            json!({ "pair": pair.pair, "outcome": ruling.outcome, "orders": ruling.orders, "people": pair.people })
        });
        value.insert("each".to_owned(), each.collect());
        return Ok(writeln!(out, "{}", Value::Object(value))?);
    }
    writeln!(out, "judged by {}: {readable} of {} pairs", printable(&report.judge), judged.len())?;
    for (system, found) in &systems {
        writeln!(out, "  {:<24} wins {}", printable(system), words(found))?;
    }
    if agreed.pairs > 0 {
        let line = |name: &str, value: Option<f64>, interval: Option<[f64; 2]>, of: usize| {
            let value = value.map_or("-".to_owned(), |value| format!("{value:.3}"));
            let interval = interval.map_or(String::new(), |[low, high]| format!(" [{low:.3}, {high:.3}]"));
            format!("  {name:<24} {value}{interval} of {of} pairs")
        };
        writeln!(out, "with people, over {} sequences", agreed.sequences)?;
        writeln!(out, "{}", line("say the same", agreed.same, agreed.same_interval, agreed.pairs))?;
        writeln!(out, "{}", line("where both decide", agreed.same_decided, agreed.decided_interval, agreed.decided))?;
        writeln!(out, "{}", line("kappa", agreed.kappa, agreed.kappa_interval, agreed.pairs))?;
    }
    writeln!(out, "leanings")?;
    if found.place.of + found.steady.of > 0 {
        writeln!(out, "  {:<24} {}", "to what is shown first", words(&found.place))?;
        writeln!(out, "  {:<24} {}", "the same in both orders", words(&found.steady))?;
    }
    let beside = |share: &Share| if share.of > 0 { format!("; people {}", words(share)) } else { String::new() };
    writeln!(out, "  {:<24} {}{}", "to the longer story", words(&found.longer), beside(&found.longer_by_people))?;
    if let Some((judge, people)) = &found.own {
        writeln!(out, "  {:<24} {}{}", "to its own stories", words(judge), beside(people))?;
    }
    report.foot(out)
}

fn words(share: &Share) -> String {
    match share.of {
        0 => "- (of none)".to_owned(),
        of => format!("{:.3} [{:.3}, {:.3}] (of {of})", share.value.value, share.value.low, share.value.high),
    }
}

fn share(share: &Share) -> Value {
    match share.of {
        0 => json!({ "of": 0 }),
        of => json!({ "of": of, "value": share.value.value, "interval": [share.value.low, share.value.high] }),
    }
}

fn leaning_values(found: &Leanings) -> Value {
    let own = found.own.as_ref().map(|(judge, people)| json!({ "judge": share(judge), "people": share(people) }));
    json!({
        "first_shown": share(&found.place), "same_in_both_orders": share(&found.steady), "longer": share(&found.longer),
        "longer_by_people": share(&found.longer_by_people), "own": own,
    })
}

fn agreement_value(agreed: &Agreed) -> Value {
    json!({
        "pairs": agreed.pairs, "sequences": agreed.sequences, "same": agreed.same, "same_interval": agreed.same_interval,
        "decided": agreed.decided, "same_decided": agreed.same_decided, "decided_interval": agreed.decided_interval,
        "kappa": agreed.kappa, "kappa_interval": agreed.kappa_interval,
    })
}
