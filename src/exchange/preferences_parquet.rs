//! Preferences as one Parquet file: the rows of TRL's form with the pictures inside, as Hugging Face's `datasets` keeps them, so
//! that `load_dataset("parquet", ..)` gives pictures and talks without a script. Nothing is compressed: most of it is pictures.

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use super::preferences::Judged;
use super::publish::Leaf;
use crate::story::Notice;

/// How much is there, of the list, its place, the group and the cell: all, or only the list.
const CELL: i16 = 4;
const EMPTY: i16 = 1;
/// Rows a group: a reader need not take in more pictures at once.
const GROUP: usize = 64;

/// In the order in which the columns are written. All may be nothing, though none but `left_share` ever is: `datasets` knows the
/// pictures only where the columns are just as it would write them.
const SCHEMA: &str = "message preferences {
    OPTIONAL GROUP images (LIST) { REPEATED GROUP list { OPTIONAL GROUP element {
        OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (STRING); } } }
    OPTIONAL GROUP prompt (LIST) { REPEATED GROUP list { OPTIONAL GROUP element {
        OPTIONAL BYTE_ARRAY role (STRING); OPTIONAL BYTE_ARRAY content (STRING); } } }
    OPTIONAL GROUP chosen (LIST) { REPEATED GROUP list { OPTIONAL GROUP element {
        OPTIONAL BYTE_ARRAY role (STRING); OPTIONAL BYTE_ARRAY content (STRING); } } }
    OPTIONAL GROUP rejected (LIST) { REPEATED GROUP list { OPTIONAL GROUP element {
        OPTIONAL BYTE_ARRAY role (STRING); OPTIONAL BYTE_ARRAY content (STRING); } } }
    OPTIONAL DOUBLE margin;
    OPTIONAL BYTE_ARRAY pair (STRING);
    OPTIONAL BYTE_ARRAY sequence (STRING);
    OPTIONAL BYTE_ARRAY chosen_system (STRING);
    OPTIONAL BYTE_ARRAY rejected_system (STRING);
    OPTIONAL INT64 votes;
    OPTIONAL DOUBLE share;
    OPTIONAL DOUBLE strength;
    OPTIONAL DOUBLE left_share;
    OPTIONAL INT64 both_bad;
}";

/// The file, and how many pairs nobody could decide. `picture` gives the bytes of a frame by its name.
///
/// # Errors
/// Never in practice: it is written into memory.
pub fn preferences_parquet<'a>(
    judged: &[Judged],
    picture: &dyn Fn(&str) -> Option<&'a [u8]>,
) -> Result<(Vec<Leaf>, usize), Notice> {
    let decided: Vec<&Judged> = judged.iter().filter(|pair| pair.is_decided()).collect();
    let bytes = file(&decided, picture)
        .map_err(|error| Notice::ours(format!("the preferences cannot be written as Parquet: {error}")))?;
    Ok((vec![("preferences.parquet".to_owned(), bytes)], judged.len() - decided.len()))
}

fn file<'a>(pairs: &[&Judged], picture: &dyn Fn(&str) -> Option<&'a [u8]>) -> Result<Vec<u8>, ParquetError> {
    let schema = parse_message_type(SCHEMA)?;
    let about = KeyValue::new("huggingface".to_owned(), features().to_string());
    let properties = WriterProperties::builder()
        .set_created_by("storyloom".to_owned())
        .set_key_value_metadata(Some(vec![about]))
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema.into(), properties.into())?;
    for pairs in pairs.chunks(GROUP) {
        let mut group = writer.next_row_group()?;
        let mut place = 0;
        while let Some(mut column) = group.next_column()? {
            write(&mut column, place, pairs, picture)?;
            column.close()?;
            place += 1;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(bytes)
}

/// The column at this place of the schema.
fn write<'a>(
    column: &mut SerializedColumnWriter<'_>,
    place: usize,
    pairs: &[&Judged],
    picture: &dyn Fn(&str) -> Option<&'a [u8]>,
) -> Result<(), ParquetError> {
    let words = |read: &dyn Fn(&Judged) -> String| -> Vec<ByteArray> {
        pairs.iter().map(|pair| ByteArray::from(read(pair).into_bytes())).collect()
    };
    let numbers = |read: &dyn Fn(&Judged) -> f64| -> Vec<f64> { pairs.iter().map(|pair| read(pair)).collect() };
    let counts = |read: &dyn Fn(&Judged) -> usize| -> Vec<i64> { pairs.iter().map(|p| read(p) as i64).collect() };
    let there = vec![1; pairs.len()];
    match place {
        0 | 1 => {
            let mut cells = Vec::new();
            let (mut defined, mut repeated) = (Vec::new(), Vec::new());
            for pair in pairs {
                for (n, name) in pair.images.iter().enumerate() {
                    let bytes = if place == 0 { picture(name).unwrap_or_default() } else { name.as_bytes() };
                    cells.push(ByteArray::from(bytes.to_vec()));
                    defined.push(CELL);
                    repeated.push(i16::from(n > 0));
                }
                if pair.images.is_empty() {
                    defined.push(EMPTY);
                    repeated.push(0);
                }
            }
            column.typed::<ByteArrayType>().write_batch(&cells, Some(&defined), Some(&repeated))?;
        }
        2..=7 => {
            // Each talk is one message.
            let cells = match place {
                2 => words(&|_| "user".to_owned()),
                3 => words(&|pair| pair.prompt.clone()),
                5 => words(&|pair| pair.sides().0.1.clone()),
                7 => words(&|pair| pair.sides().1.1.clone()),
                _ => words(&|_| "assistant".to_owned()),
            };
            let (defined, repeated) = (vec![CELL; cells.len()], vec![0; cells.len()]);
            column.typed::<ByteArrayType>().write_batch(&cells, Some(&defined), Some(&repeated))?;
        }
        9..=12 => {
            let cells = match place {
                9 => words(&|pair| pair.pair.clone()),
                10 => words(&|pair| pair.sequence.clone()),
                11 => words(&|pair| pair.sides().0.0.clone()),
                _ => words(&|pair| pair.sides().1.0.clone()),
            };
            column.typed::<ByteArrayType>().write_batch(&cells, Some(&there), None)?;
        }
        13 | 17 => {
            let cells = if place == 13 { counts(&|pair| pair.votes) } else { counts(&|pair| pair.both_bad) };
            column.typed::<Int64Type>().write_batch(&cells, Some(&there), None)?;
        }
        16 => {
            let known: Vec<f64> = pairs.iter().filter_map(|pair| pair.left).collect();
            let defined: Vec<i16> = pairs.iter().map(|pair| i16::from(pair.left.is_some())).collect();
            column.typed::<DoubleType>().write_batch(&known, Some(&defined), None)?;
        }
        _ => {
            let cells = match place {
                8 => numbers(&Judged::margin),
                14 => numbers(&|pair| pair.share.max(1.0 - pair.share)),
                _ => numbers(&|pair| pair.strength.abs()),
            };
            column.typed::<DoubleType>().write_batch(&cells, Some(&there), None)?;
        }
    }
    Ok(())
}

/// What `datasets` is told of the columns: without it the pictures would be bytes.
fn features() -> serde_json::Value {
    let value = |kind: &str| json!({ "dtype": kind, "_type": "Value" });
    let talk = json!({
        "feature": { "role": value("string"), "content": value("string") }, "_type": "List"
    });
    json!({ "info": { "features": {
        "images": { "feature": { "_type": "Image" }, "_type": "List" },
        "prompt": talk, "chosen": talk, "rejected": talk, "margin": value("float64"),
        "pair": value("string"), "sequence": value("string"), "chosen_system": value("string"),
        "rejected_system": value("string"), "votes": value("int64"), "share": value("float64"),
        "strength": value("float64"), "left_share": value("float64"), "both_bad": value("int64"),
    } } })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::*;

    fn pair(share: f64, images: &[&str]) -> Judged {
        Judged {
            pair: "p".into(),
            sequence: "s".into(),
            images: images.iter().map(|name| (*name).to_owned()).collect(),
            prompt: "Tell it.".into(),
            first: ("one".into(), "A fox.".into()),
            second: ("two".into(), "A bear.".into()),
            votes: 4,
            share,
            strength: 1.5,
            left: (!images.is_empty()).then_some(0.25),
            both_bad: 1,
        }
    }

    #[test]
    fn rows_come_back_with_their_pictures_and_a_row_without_pictures_has_none() {
        let judged = [pair(0.75, &["a.png", "b.png"]), pair(0.5, &["a.png"]), pair(0.25, &[])];
        let picture = |name: &str| Some(if name == "a.png" { b"AA".as_slice() } else { b"BBB" });
        let (files, undecided) = preferences_parquet(&judged, &picture).unwrap();
        assert_eq!((files.len(), files[0].0.as_str(), undecided), (1, "preferences.parquet", 1));
        let mut on_disk = tempfile::tempfile().unwrap();
        on_disk.write_all(&files[0].1).unwrap();
        let reader = SerializedFileReader::new(on_disk).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 2);
        let images = |row: usize| rows[row].get_list(0).unwrap().elements().to_vec();
        assert_eq!((images(0).len(), images(1).len()), (2, 0));
        assert!(images(0)[1].to_string().contains("b.png"), "{}", images(0)[1]);
        let said = |row: usize, column: usize| rows[row].get_list(column).unwrap().elements()[0].to_string();
        assert!(said(0, 2).contains("A fox.") && said(0, 3).contains("A bear."), "{} {}", said(0, 2), said(0, 3));
        assert!(said(1, 2).contains("A bear."), "the second was preferred");
        assert_eq!((rows[0].get_double(4).unwrap(), rows[0].get_long(9).unwrap()), (0.5, 4));
        assert_eq!(rows[0].get_double(12).unwrap(), 0.25);
        assert!(rows[1].get_double(12).is_err(), "a side that nobody knows is nothing");
    }
}
