//! Reads the pickles that PyTorch saves tensors as, and nothing but tensors: a machine of the few operations that name them.
//!
//! No code is ever run. A pickle that asks for any other global than those of plain tensors is refused by that global's name;
//! what it builds is bounded by its own length.

use std::collections::{HashMap, HashSet};

use candle_core::DType;

/// A tensor as the pickle describes it: which storage it is a view of, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub storage: String,
    pub dtype: DType,
    /// In elements.
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// Dictionaries within dictionaries that are looked into.
const DEPTH: usize = 4;

#[derive(Clone, Debug)]
enum Value {
    Mark,
    Nothing,
    Int(i64),
    Text(String),
    /// What is of no interest, as it is no part of a tensor.
    Other,
    Tuple(Vec<usize>),
    List(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    Global(String),
    Storage(String, DType),
    Tensor(View),
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<usize>,
    memo: HashMap<u32, usize>,
    next_memo: u32,
}

/// All tensors of a pickle by their names: keys of the dictionary that it is, or of its `model` or `state_dict`.
///
/// # Errors
/// In words, for whoever knows the file.
pub fn tensors(bytes: &[u8]) -> Result<Vec<(String, View)>, String> {
    let mut machine =
        Machine { bytes, at: 0, values: Vec::new(), stack: Vec::new(), memo: Default::default(), next_memo: 0 };
    let root = machine.run()?;
    let root = ["model", "state_dict"].iter().find_map(|name| machine.entry(root, name)).unwrap_or(root);
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    machine.collect(root, "", DEPTH, &mut seen, &mut found);
    Ok(found)
}

/// The type of a storage by the last part of its class's name.
fn storage_type(class: &str) -> Option<DType> {
    Some(match class {
        "torch.FloatStorage" => DType::F32,
        "torch.HalfStorage" => DType::F16,
        "torch.BFloat16Storage" => DType::BF16,
        "torch.DoubleStorage" => DType::F64,
        "torch.LongStorage" => DType::I64,
        "torch.ByteStorage" | "torch.BoolStorage" => DType::U8,
        _ => return None,
    })
}

const REBUILD: &str = "torch._utils._rebuild_tensor_v2";
const PARAMETER: &str = "torch._utils._rebuild_parameter";
const ORDERED: &str = "collections.OrderedDict";

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("it ends in the middle of a value")?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<u64, String> {
        let mut wide = [0u8; 8];
        wide[..N].copy_from_slice(self.take(N)?);
        Ok(u64::from_le_bytes(wide))
    }

    fn text(&mut self, length: u64) -> Result<String, String> {
        let length = usize::try_from(length).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or("a name in it has no end")?;
        let line = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length + 1;
        Ok(line)
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    fn pop(&mut self) -> Result<usize, String> {
        self.stack.pop().ok_or_else(|| "it takes what it never made".to_owned())
    }

    /// What was made since the last mark.
    fn since_mark(&mut self) -> Result<Vec<usize>, String> {
        let mark = self.stack.iter().rposition(|at| matches!(self.values[*at], Value::Mark));
        let mark = mark.ok_or("a mark is missing in it")?;
        let taken = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(taken)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), String> {
        let class = format!("{module}.{name}");
        if [REBUILD, PARAMETER, ORDERED].contains(&class.as_str()) || storage_type(&class).is_some() {
            self.push(Value::Global(class));
            return Ok(());
        }
        Err(format!("it asks for '{class}', which is no tensor: only tensors are read from pickles"))
    }

    fn run(&mut self) -> Result<usize, String> {
        loop {
            let op = self.number::<1>()? as u8;
            match op {
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.push(Value::Mark),
                b'}' => self.push(Value::Dict(Vec::new())),
                b']' => self.push(Value::List(Vec::new())),
                b')' => self.push(Value::Tuple(Vec::new())),
                b'N' => self.push(Value::Nothing),
                0x88 | 0x89 => self.push(Value::Other),
                b'K' => self.int::<1>()?,
                b'M' => self.int::<2>()?,
                b'J' => {
                    let wide = self.number::<4>()?;
                    self.push(Value::Int(i64::from(wide as u32 as i32)));
                }
                0x8a => {
                    let length = self.number::<1>()? as usize;
                    let bytes = self.take(length)?;
                    let value = (bytes.len() <= 8).then(|| {
                        let fill = if bytes.last().is_some_and(|top| top & 0x80 != 0) { 0xff } else { 0 };
                        let mut wide = [fill; 8];
                        wide[..bytes.len()].copy_from_slice(bytes);
                        i64::from_le_bytes(wide)
                    });
                    self.push(value.map_or(Value::Other, Value::Int));
                }
                b'G' => self.other(8)?,
                b'X' | b'T' => self.string::<4>()?,
                0x8c | b'U' => self.string::<1>()?,
                0x8d => self.string::<8>()?,
                b'B' => {
                    let length = self.number::<4>()?;
                    self.other(length)?;
                }
                b'C' => {
                    let length = self.number::<1>()?;
                    self.other(length)?;
                }
                b'q' => self.keep::<1>()?,
                b'r' => self.keep::<4>()?,
                0x94 => self.keep_as(self.next_memo)?,
                b'h' => self.recall::<1>()?,
                b'j' => self.recall::<4>()?,
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.global(&module, &name)?
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    let (Value::Text(module), Value::Text(name)) = (&self.values[module], &self.values[name]) else {
                        return Err("a global in it has no name".to_owned());
                    };
                    let (module, name) = (module.clone(), name.clone());
                    self.global(&module, &name)?;
                }
                b't' => {
                    let items = self.since_mark()?;
                    self.push(Value::Tuple(items))
                }
                b'l' => {
                    let items = self.since_mark()?;
                    self.push(Value::List(items))
                }
                b'd' => {
                    let items = self.since_mark()?;
                    self.push(Value::Dict(pairs(&items)?))
                }
                0x85..=0x87 => {
                    let count = usize::from(op - 0x84);
                    let from = self.stack.len().checked_sub(count).ok_or("it takes what it never made")?;
                    let items = self.stack.split_off(from);
                    self.push(Value::Tuple(items));
                }
                b'a' => {
                    let item = self.pop()?;
                    self.extend(vec![item])?
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.extend(items)?
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.insert(&[key, value])?
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.insert(&items)?
                }
                b'Q' => self.persistent()?,
                b'R' => self.reduce()?,
                // State that is set on an ordered dictionary says nothing about its tensors.
                b'b' => {
                    self.pop()?;
                }
                b'0' => {
                    self.pop()?;
                }
                b'.' => return self.pop(),
                other => return Err(format!("it has an operation {other:#04x}, which no file of tensors needs")),
            }
        }
    }

    fn int<const N: usize>(&mut self) -> Result<(), String> {
        let value = self.number::<N>()?;
        self.push(Value::Int(value as i64));
        Ok(())
    }

    fn string<const N: usize>(&mut self) -> Result<(), String> {
        let length = self.number::<N>()?;
        let text = self.text(length)?;
        self.push(Value::Text(text));
        Ok(())
    }

    /// So many bytes that are no part of a tensor.
    fn other(&mut self, length: u64) -> Result<(), String> {
        self.take(usize::try_from(length).map_err(|e| e.to_string())?)?;
        self.push(Value::Other);
        Ok(())
    }

    fn keep<const N: usize>(&mut self) -> Result<(), String> {
        let slot = self.number::<N>()?;
        self.keep_as(slot as u32)
    }

    fn keep_as(&mut self, slot: u32) -> Result<(), String> {
        let top = *self.stack.last().ok_or("it keeps what it never made")?;
        self.memo.insert(slot, top);
        self.next_memo = self.next_memo.max(slot.saturating_add(1));
        Ok(())
    }

    fn recall<const N: usize>(&mut self) -> Result<(), String> {
        let slot = self.number::<N>()?;
        let value = self.memo.get(&(slot as u32)).ok_or("it recalls what it never kept")?;
        self.stack.push(*value);
        Ok(())
    }

    fn extend(&mut self, items: Vec<usize>) -> Result<(), String> {
        match self.stack.last().map(|top| &mut self.values[*top]) {
            Some(Value::List(list)) => list.extend(items),
            _ => return Err("it appends to what is no list".to_owned()),
        }
        Ok(())
    }

    fn insert(&mut self, items: &[usize]) -> Result<(), String> {
        let new = pairs(items)?;
        match self.stack.last().map(|top| &mut self.values[*top]) {
            Some(Value::Dict(dict)) => dict.extend(new),
            _ => return Err("it fills what is no dictionary".to_owned()),
        }
        Ok(())
    }

    /// ("storage", class, key, device, count)
    fn persistent(&mut self) -> Result<(), String> {
        let id = self.pop()?;
        let odd = || "it names a storage in an unknown way".to_owned();
        let Value::Tuple(parts) = &self.values[id] else { return Err(odd()) };
        let (Some(class), Some(key)) = (parts.get(1), parts.get(2)) else { return Err(odd()) };
        let (Value::Global(class), Value::Text(key)) = (&self.values[*class], &self.values[*key]) else {
            return Err(odd());
        };
        let dtype = storage_type(class).ok_or_else(odd)?;
        let storage = Value::Storage(key.clone(), dtype);
        self.push(storage);
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), String> {
        let (arguments, class) = (self.pop()?, self.pop()?);
        let (Value::Global(class), Value::Tuple(parts)) = (&self.values[class], &self.values[arguments]) else {
            return Err("it calls what is no known class".to_owned());
        };
        let made = match class.as_str() {
            ORDERED => Value::Dict(Vec::new()),
            REBUILD => Value::Tensor(self.view(parts)?),
            PARAMETER => parts.first().map(|tensor| self.values[*tensor].clone()).ok_or("a parameter is empty")?,
            other => return Err(format!("it calls '{other}'")),
        };
        self.push(made);
        Ok(())
    }

    /// (storage, offset, shape, strides, ...)
    fn view(&self, parts: &[usize]) -> Result<View, String> {
        let odd = || "it describes a tensor in an unknown way".to_owned();
        let part = |at: usize| parts.get(at).map(|at| &self.values[*at]).ok_or_else(odd);
        let size = |value: &Value| match value {
            Value::Int(n) => usize::try_from(*n).map_err(|_| odd()),
            _ => Err(odd()),
        };
        let sizes = |value: &Value| match value {
            Value::Tuple(items) => items.iter().map(|at| size(&self.values[*at])).collect::<Result<Vec<_>, _>>(),
            _ => Err(odd()),
        };
        let Value::Storage(storage, dtype) = part(0)? else { return Err(odd()) };
        let (offset, shape, strides) = (size(part(1)?)?, sizes(part(2)?)?, sizes(part(3)?)?);
        if shape.len() != strides.len() {
            return Err(odd());
        }
        Ok(View { storage: storage.clone(), dtype: *dtype, offset, shape, strides })
    }

    /// A dictionary within a dictionary.
    fn entry(&self, dict: usize, name: &str) -> Option<usize> {
        let Value::Dict(pairs) = &self.values[dict] else { return None };
        let named = |key: usize| matches!(&self.values[key], Value::Text(text) if text == name);
        let (_, value) = pairs.iter().find(|(key, _)| named(*key))?;
        matches!(self.values[*value], Value::Dict(_)).then_some(*value)
    }

    fn collect(
        &self,
        from: usize,
        prefix: &str,
        depth: usize,
        seen: &mut HashSet<usize>,
        found: &mut Vec<(String, View)>,
    ) {
        // A dictionary may stand in itself, and in itself again.
        let (Value::Dict(pairs), true) = (&self.values[from], seen.insert(from)) else { return };
        for (key, value) in pairs {
            let Value::Text(key) = &self.values[*key] else { continue };
            match &self.values[*value] {
                Value::Tensor(view) => found.push((format!("{prefix}{key}"), view.clone())),
                Value::Dict(_) if depth > 1 => self.collect(*value, &format!("{prefix}{key}."), depth - 1, seen, found),
                _ => {}
            }
        }
    }
}

fn pairs(items: &[usize]) -> Result<Vec<(usize, usize)>, String> {
    if !items.len().is_multiple_of(2) {
        return Err("a key in it has no value".to_owned());
    }
    Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}
