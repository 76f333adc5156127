//! `ComicInfo.xml`, the sheet that comic readers put into an archive: title, people, and what each page is.
//!
//! It leaves out everything that a telling has no use for: ratings, dates, reading direction.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// What the sheet says. Texts are as written, not yet made safe to show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ComicInfo {
    title: String,
    series: String,
    number: String,
    writer: String,
    penciller: String,
    inker: String,
    colorist: String,
    publisher: String,
    /// In reading order: the place of the picture among the pictures in the archive, from 0, and what it is.
    pub pages: Vec<(usize, String)>,
}

impl ComicInfo {
    /// Reads a sheet. The error is a few words about what is wrong.
    pub(super) fn parse(xml: &str) -> Result<ComicInfo, String> {
        let mut reader = Reader::from_str(xml.trim_start_matches('\u{FEFF}'));
        let mut info = ComicInfo::default();
        let mut path: Vec<String> = Vec::new();
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(tag) => {
                    info.page(&tag)?;
                    path.push(tag.local_name().into_inner().to_owned());
                }
                Event::Empty(tag) => info.page(&tag)?,
                Event::End(_) => {
                    path.pop();
                }
                Event::Text(text) => info.add(&path, &text.xml10_content()),
                Event::CData(text) => info.add(&path, &text.xml10_content()),
                Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(letter) => info.add(&path, letter.encode_utf8(&mut [0; 4])),
                    None => info.add(&path, resolve_predefined_entity(&name.into_inner()).unwrap_or("?")),
                },
                Event::Eof => break,
                _ => {}
            }
        }
        if path.is_empty() { Ok(info) } else { Err(format!("<{}> is not closed", path.join("><"))) }
    }

    fn add(&mut self, path: &[String], text: &str) {
        let [root, field] = path else { return };
        if root != "ComicInfo" {
            return;
        }
        match field.as_str() {
            "Title" => self.title.push_str(text),
            "Series" => self.series.push_str(text),
            "Number" => self.number.push_str(text),
            "Writer" => self.writer.push_str(text),
            "Penciller" => self.penciller.push_str(text),
            "Inker" => self.inker.push_str(text),
            "Colorist" => self.colorist.push_str(text),
            "Publisher" => self.publisher.push_str(text),
            _ => {}
        }
    }

    fn page(&mut self, tag: &BytesStart) -> Result<(), String> {
        if tag.local_name().into_inner() != "Page" {
            return Ok(());
        }
        let value = |name: &str| -> Result<Option<String>, String> {
            let Some(attribute) = tag.try_get_attribute(name).map_err(|error| error.to_string())? else {
                return Ok(None);
            };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            Ok(Some(value.into_owned()))
        };
        if let Some(image) = value("Image")?.and_then(|number| number.trim().parse().ok()) {
            self.pages.push((image, value("Type")?.unwrap_or_default()));
        }
        Ok(())
    }

    /// "Series 3: Title", as much of it as is there.
    pub(super) fn heading(&self) -> Option<String> {
        let (series, title, number) = (self.series.trim(), self.title.trim(), self.number.trim());
        let series =
            if series.is_empty() || number.is_empty() { series.to_owned() } else { format!("{series} {number}") };
        match (series.is_empty(), title.is_empty()) {
            (true, true) => None,
            (true, false) => Some(title.to_owned()),
            (false, true) => Some(series),
            (false, false) => Some(format!("{series}: {title}")),
        }
    }

    /// Who made it, in one line; each once for everything they did.
    pub(super) fn credits(&self) -> Option<String> {
        let roles =
            [("text", &self.writer), ("pictures", &self.penciller), ("ink", &self.inker), ("colours", &self.colorist)];
        let mut people: Vec<(Vec<&str>, &str)> = Vec::new();
        for (role, name) in roles {
            let name = name.trim();
            match people.iter_mut().find(|(_, known)| *known == name) {
                _ if name.is_empty() => {}
                Some((done, _)) => done.push(role),
                None => people.push((vec![role], name)),
            }
        }
        let people = people.into_iter().map(|(roles, name)| format!("{} by {name}", roles.join(", ")));
        let publisher = Some(self.publisher.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
        let parts: Vec<String> = people.chain(publisher).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_people_and_pages_are_read() {
        let info = ComicInfo::parse(
            r#"<?xml version="1.0"?><ComicInfo xmlns:xsi="x"><Title>Fox &amp; Hen &#x2764;</Title><Series>Tales</Series>
            <Number>3</Number><Writer>Ann</Writer><Penciller>Bo</Penciller><Inker>Bo</Inker><Publisher><![CDATA[P<Q]]></Publisher>
            <Pages><Page Image="1" Type="Story"/><Page Image="0" Type="Deleted"></Page><Page Image="x"/></Pages></ComicInfo>"#,
        )
        .unwrap();
        assert_eq!(info.heading().unwrap(), "Tales 3: Fox & Hen ❤");
        assert_eq!(info.credits().unwrap(), "text by Ann · pictures, ink by Bo · P<Q");
        assert_eq!(info.pages, [(1, "Story".to_owned()), (0, "Deleted".to_owned())]);
    }

    #[test]
    fn an_empty_sheet_says_nothing_and_a_broken_one_is_an_error() {
        let empty = ComicInfo::parse("<ComicInfo/>").unwrap();
        assert_eq!((empty.heading(), empty.credits()), (None, None));
        assert!(ComicInfo::parse("<ComicInfo><Title>").is_err());
        assert!(ComicInfo::parse("<ComicInfo></Wrong>").is_err());
    }

    #[test]
    fn entities_that_are_not_known_do_not_grow() {
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><ComicInfo><Title>&b;</Title></ComicInfo>"#;
        assert_eq!(ComicInfo::parse(bomb).unwrap().heading().unwrap(), "?");
    }
}
