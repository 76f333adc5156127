//! Words of one meaning among those that they could be taken for: "glad" and "cheerful" among the words for feelings. Whether a
//! storyteller says the one or the other is taste; whether it says a happy word or a sad one can be right or wrong. A reward model
//! that hears meanings is indifferent to the first and judges the second.
//!
//! Left out: meanings of more than one word, of which only the first piece is heard.

use std::collections::{BTreeMap, HashMap, HashSet};

use candle_core::{D, Device, Tensor};
use tokenizers::Tokenizer;

use super::error::{Result, WriterError};
use crate::model::told::Page;
use crate::model::vision_language::VisionLanguage;

/// What a model's config calls its meanings.
pub const MEANINGS: &str = "meanings";

/// Kinds of words by name ("feeling"), each a list of meanings, each a list of the words that have it.
pub type Kinds = BTreeMap<String, Vec<Vec<String>>>;

/// What a token that is not of a kind is masked by, beneath every logit.
const OUT: f32 = -1e9;

/// The meanings that a model's tokens have.
pub struct Meanings {
    kinds: usize,
    /// Kind and meaning of a token; meanings are counted over all kinds.
    of_token: HashMap<u32, (u32, u32)>,
    /// Tokens that stand between lines.
    breaks: HashSet<u32>,
    /// (kinds, vocab): 0 for the tokens of a kind, [`OUT`] for all others.
    within: Tensor,
    /// (vocab, meanings): 1 for the tokens of a meaning, 0 for all others.
    same: Tensor,
}

/// The tokens of a page that have a meaning, and what the model thinks of them.
pub struct Heard {
    /// Their places among the page's tokens.
    pub at: Vec<u32>,
    /// Their kinds, counted in the order of names.
    pub kinds: Vec<u32>,
    /// 1 where a line says a meaning for the first time, else 0.
    pub first: Vec<f32>,
    /// How likely the model finds that another meaning of the same kind had been said there, (heard).
    pub other: Tensor,
    /// How likely that would be of a meaning that it drew itself, (heard): what can be expected where several would be right.
    pub usual: Tensor,
}

impl Meanings {
    /// Finds the tokens of words. A token of two meanings has none; a kind of whose meanings only one is known counts nothing.
    ///
    /// # Errors
    /// Meanings of whose words the model knows none.
    pub fn new(kinds: &Kinds, tokenizer: &Tokenizer, vocab: usize) -> Result<Self> {
        let mut of_token: HashMap<u32, Option<(u32, u32)>> = HashMap::new();
        let mut meaning = 0;
        for (kind, meanings) in kinds.values().enumerate() {
            for words in meanings {
                for word in words {
                    for token in tokens_of(word, tokenizer)? {
                        let own = (kind as u32, meaning);
                        of_token
                            .entry(token)
                            .and_modify(|known| *known = known.filter(|one| *one == own))
                            .or_insert(Some(own));
                    }
                }
                meaning += 1;
            }
        }
        let of_token: HashMap<u32, (u32, u32)> = of_token
            .into_iter()
            .filter_map(|(token, own)| Some((token, own?)))
            .filter(|(token, _)| (*token as usize) < vocab)
            .collect();
        if of_token.is_empty() {
            let names: Vec<&str> = kinds.keys().map(String::as_str).collect();
            return Err(WriterError::Layout(format!(
                "this model knows none of the words of {MEANINGS}: {}",
                names.join(", ")
            )));
        }
        let meaning_count = meaning as usize;
        let (mut within, mut same) = (vec![OUT; kinds.len() * vocab], vec![0f32; meaning_count * vocab]);
        for (token, (kind, meaning)) in &of_token {
            within[*kind as usize * vocab + *token as usize] = 0.0;
            same[*token as usize * meaning_count + *meaning as usize] = 1.0;
        }
        Ok(Self {
            kinds: kinds.len(),
            of_token,
            breaks: breaks(tokenizer),
            within: Tensor::from_vec(within, (kinds.len(), vocab), &Device::Cpu)?,
            same: Tensor::from_vec(same, (vocab, meaning_count), &Device::Cpu)?,
        })
    }

    /// How many kinds there are.
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// What a model that has read a page thinks of its stories' words; `None` where no word has a meaning.
    pub fn hear(&self, model: &VisionLanguage, page: &Page) -> Result<Option<Heard>> {
        let (mut at, mut kinds, mut meanings, mut first) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut said = HashSet::new();
        for (place, token) in page.tokens().iter().enumerate() {
            if self.breaks.contains(token) {
                said.clear();
            }
            if let Some((kind, meaning)) = self.of_token.get(token) {
                at.push(place as u32);
                kinds.push(*kind);
                meanings.push(*meaning);
                first.push(if said.insert(*meaning) { 1.0 } else { 0.0 });
            }
        }
        if at.is_empty() {
            return Ok(None);
        }
        let logits = model.logits(&page.states_before()?.index_select(&index(&at)?, 0)?)?;
        let among = candle_nn::ops::softmax(&(logits + self.within.index_select(&index(&kinds)?, 0)?)?, D::Minus1)?;
        let each = among.matmul(&self.same)?;
        let said = each.gather(&index(&meanings)?.unsqueeze(1)?, 1)?.squeeze(1)?;
        let usual = (1.0 - each.sqr()?.sum(1)?)?;
        Ok(Some(Heard { at, kinds, first, other: (1.0 - said)?, usual }))
    }
}

fn index(places: &[u32]) -> Result<Tensor> {
    Ok(Tensor::new(places, &Device::Cpu)?)
}

/// The tokens that stand between lines: those that hold a line's end, and all that are no text.
fn breaks(tokenizer: &Tokenizer) -> HashSet<u32> {
    let ends = |piece: &String| piece.contains(['\n', LINE_END]);
    let told = tokenizer.get_vocab(false).into_iter().filter(|(piece, _)| ends(piece)).map(|(_, id)| id);
    told.chain(tokenizer.get_added_tokens_decoder().into_keys()).collect()
}

/// The tokens that are a word, behind a blank or none, as it is or with a capital; the piece that begins it behind a blank where it
/// has no token of its own.
fn tokens_of(word: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let mut letters = word.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let mut found = Vec::new();
    let mut begins = None;
    for written in [format!(" {word}"), word.to_owned(), format!(" {capital}"), capital] {
        let encoding = tokenizer.encode(written, false).map_err(|e| WriterError::Tokenizer(e.to_string()))?;
        let lettered =
            |(_, piece): &(&u32, &String)| piece.chars().any(|letter| letter.is_alphabetic() && letter != BLANK);
        let pieces: Vec<u32> =
            encoding.get_ids().iter().zip(encoding.get_tokens()).filter(lettered).map(|(id, _)| *id).collect();
        begins = begins.or(pieces.first().copied());
        found.extend((pieces.len() == 1).then(|| pieces[0]));
    }
    if found.is_empty() {
        found.extend(begins);
    }
    Ok(found)
}

/// The letter that stands for a blank in the tokens of bytes.
const BLANK: char = 'Ġ';
/// And the one for a line's end.
const LINE_END: char = 'Ċ';

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::model::families;
    use crate::model::params::Params;
    use crate::model::told::Told;
    use crate::model::weights::Weights;
    use crate::writer::chat::Message;
    use crate::writer::{Processor, embedded};

    fn kinds(of: &[(&str, &[&[&str]])]) -> Kinds {
        let owned = |words: &&[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        of.iter().map(|(name, meanings)| ((*name).to_owned(), meanings.iter().map(owned).collect())).collect()
    }

    #[test]
    fn a_word_is_as_likely_as_its_meaning_among_those_of_its_kind() {
        let processor = Processor::embedded().unwrap();
        let params = Params::new(Weights::embedded(embedded::WEIGHTS).unwrap(), DType::F32, Device::Cpu);
        let model = families::load(&params, &processor.config).unwrap();
        let vocab = processor.config.text_config.vocab_size;
        let words = kinds(&[("feeling", &[&["glad", "happy"], &["sad", "gloomy"]]), ("name", &[&["Mia"], &["Ben"]])]);
        let meanings = Meanings::new(&words, &processor.tokenizer, vocab).unwrap();
        let (_, prompt) = processor.prompt(&[Message::user(0, "Tell a story with Mia the fox.")], &[]).unwrap();
        let ids = |text: &str| processor.tokenizer.encode(text, false).unwrap().get_ids().to_vec();
        let told = ["Mia ran and was glad.", "Mia ran and was happy.", "Mia ran and was sad, so gloomy."]
            .map(|text| Told::new(&prompt, &ids(text), 0));
        let page = Page::read(&model, &told, &[], processor.pad()).unwrap();
        let Heard { at, kinds, first, other, usual } = meanings.hear(&model, &page).unwrap().unwrap();
        let other = other.to_vec1::<f32>().unwrap();
        assert_eq!(
            (kinds, first),
            (vec![1, 0, 1, 0, 1, 0, 0], vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]),
            "a name and a feeling a story"
        );
        // From the logits themselves, in f64.
        let logits = model.logits(&page.states_before().unwrap()).unwrap().to_vec2::<f32>().unwrap();
        let row = &logits[at[1] as usize];
        let weight = |word: &str| {
            let mut tokens = tokens_of(word, &processor.tokenizer).unwrap();
            tokens.dedup();
            tokens.iter().map(|token| f64::from(row[*token as usize]).exp()).sum::<f64>()
        };
        let (happy, sad) = (weight("glad") + weight("happy"), weight("sad") + weight("gloomy"));
        let expected = sad / (happy + sad);
        assert!((f64::from(other[1]) - expected).abs() < 1e-3, "{} is not {expected}", other[1]);
        let usual = f64::from(usual.to_vec1::<f32>().unwrap()[1]);
        assert!(
            (usual - 2.0 * expected * (1.0 - expected)).abs() < 1e-3,
            "{usual}: of two, either may be drawn and the other meant"
        );
        assert!((other[1] - other[3]).abs() < 1e-5, "which of two words for one meaning makes no difference");
        assert!((other[1] + other[5] - 1.0).abs() < 1e-5, "the other meaning is as likely as this one is not");
    }

    #[test]
    fn a_token_of_two_meanings_has_none_and_strange_words_are_refused() {
        let processor = Processor::embedded().unwrap();
        let vocab = processor.config.text_config.vocab_size;
        let made = |of: &[(&str, &[&[&str]])]| Meanings::new(&kinds(of), &processor.tokenizer, vocab);
        let both = made(&[("feeling", &[&["glad", "happy"], &["sad", "happy"]])]).unwrap();
        let known = |word: &str| {
            tokens_of(word, &processor.tokenizer).unwrap().iter().all(|token| both.of_token.contains_key(token))
        };
        assert!(known("glad") && known("sad") && !known("happy"));
        let error = made(&[("feeling", &[&["7"], &["9"]])]).err().unwrap().to_string();
        assert!(error.contains("knows none of the words of meanings: feeling"), "{error}");
    }
}
