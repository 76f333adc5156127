//! Tables with commas as RFC 4180 writes them: quoted cells may hold commas, line ends and doubled quotes.

/// The records of a table, each with the number of the line it begins on (from 1). Empty lines are passed over.
///
/// # Errors
/// A quote that is never closed.
pub(super) fn table(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut records = Vec::new();
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut line, mut began, mut quoted) = (1, 1, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                cells.push(std::mem::take(&mut cell));
                end(&mut records, began, &mut cells);
                began = line;
            }
            letter => cell.push(letter),
        }
    }
    if quoted {
        return Err(format!("the quote that is opened in the record of line {began} is never closed"));
    }
    cells.push(cell);
    end(&mut records, began, &mut cells);
    Ok(records)
}

fn end(records: &mut Vec<(usize, Vec<String>)>, began: usize, cells: &mut Vec<String>) {
    let cells = std::mem::take(cells);
    if cells.len() > 1 || !cells[0].is_empty() {
        records.push((began, cells));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        let text = "a,b\r\n\"x, y\",\"he said \"\"no\"\"\nand left\"\n\n,last";
        let cells = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        let right =
            [(1, cells(&["a", "b"])), (2, cells(&["x, y", "he said \"no\"\nand left"])), (5, cells(&["", "last"]))];
        assert_eq!(table(text).unwrap(), right);
        assert!(table("a\n\"b").unwrap_err().contains("line 2"));
        assert!(table("").unwrap().is_empty());
    }
}
