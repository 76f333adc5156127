//! A story with its frames as something to read elsewhere: Markdown with a folder of pictures, one self-contained HTML page,
//! or an EPUB 3 book. Files come back as bytes; where they go is the caller's.

use std::io::{Cursor, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::pixels::Picture;
use crate::story::{Notice, Sequence, Story};

/// What a story can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    Html,
    Markdown,
    Epub,
}

impl Edition {
    pub const ALL: [Edition; 3] = [Edition::Html, Edition::Markdown, Edition::Epub];

    /// The word on the command line, which is the ending of the file too.
    pub fn word(self) -> &'static str {
        match self {
            Edition::Html => "html",
            Edition::Markdown => "md",
            Edition::Epub => "epub",
        }
    }
}

/// A file of an edition: its path below the folder it is written to, and its content.
pub type Leaf = (String, Vec<u8>);

/// A story and the frames it was told of.
pub struct Publication<'a> {
    pub sequence: &'a Sequence,
    /// `pictures[i]` belongs to `sequence.frames[i]`.
    pub pictures: &'a [Picture],
    pub story: &'a Story,
}

/// A picture with the words that belong to it.
struct Page<'a> {
    picture: &'a Picture,
    name: String,
    media: &'static str,
    words: String,
}

impl Publication<'_> {
    /// The files, the one to open first.
    ///
    /// # Errors
    /// Where a picture is of a kind that no reader shows.
    pub fn files(&self, edition: Edition) -> Result<Vec<Leaf>, Notice> {
        let pages = self.pages()?;
        let file = format!("{}.{}", self.slug(), edition.word());
        match edition {
            Edition::Html => Ok(vec![(file, self.html(&pages).into_bytes())]),
            Edition::Markdown => Ok(self.markdown(file, &pages)),
            Edition::Epub => {
                let book =
                    self.epub(&pages).map_err(|error| Notice::ours(format!("the book cannot be packed: {error}")))?;
                Ok(vec![(file, book)])
            }
        }
    }

    /// Each frame with its line, where there are as many lines as frames; else all words stand with the last frame.
    fn pages(&self) -> Result<Vec<Page<'_>>, Notice> {
        let lines: Vec<&str> = self.story.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let frames = self.pictures.len();
        let words = |place: usize| match lines.len() == frames {
            true => lines[place].to_owned(),
            false if place + 1 == frames => lines.join("\n"),
            false => String::new(),
        };
        let page = |(place, picture)| {
            let (ending, media) = picture_kind(picture)?;
            Ok(Page { picture, name: format!("{:02}.{ending}", place + 1), media, words: words(place) })
        };
        self.pictures.iter().enumerate().map(page).collect()
    }

    fn slug(&self) -> String {
        slug(&self.sequence.title)
    }

    /// What wrote it and whose pictures they are.
    fn colophon(&self) -> String {
        let writer = match (self.story.origin.by_hand, &self.story.writer.adapter) {
            (true, _) => "Words changed by hand".to_owned(),
            (false, Some(adapter)) => format!("Told by {} + {adapter}", self.story.writer.model),
            (false, None) => format!("Told by {}", self.story.writer.model),
        };
        let credits =
            self.sequence.credits.as_deref().map_or(String::new(), |credits| format!(" Pictures: {credits}."));
        format!("{writer}, with storyloom.{credits}")
    }

    fn markdown(&self, file: String, pages: &[Page<'_>]) -> Vec<Leaf> {
        let folder = self.slug();
        let mut text = format!("# {}\n", marked(&self.sequence.title));
        for page in pages {
            text += &format!("\n![]({folder}/{})\n", page.name);
            for line in page.words.lines() {
                text += &format!("\n{}\n", marked(line));
            }
        }
        text += &format!("\n---\n\n{}\n", marked(&self.colophon()));
        let pictures = pages.iter().map(|page| (format!("{folder}/{}", page.name), page.picture.bytes().to_vec()));
        [(file, text.into_bytes())].into_iter().chain(pictures).collect()
    }

    fn html(&self, pages: &[Page<'_>]) -> String {
        let title = escape(&self.sequence.title);
        let figure = |page: &Page<'_>| {
            let data = STANDARD.encode(page.picture.bytes());
            format!(
                "<figure><img alt=\"\" src=\"data:{};base64,{data}\"><figcaption>{}</figcaption></figure>\n",
                page.media,
                paragraphs(&page.words)
            )
        };
        let figures: String = pages.iter().map(figure).collect();
        let colophon = self.colophon();
        format!(
            "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{figures}<footer>{}</footer>\n</body>\n</html>\n",
            escape(&colophon)
        )
    }

    /// An EPUB 3: <https://www.w3.org/TR/epub-33/>.
    fn epub(&self, pages: &[Page<'_>]) -> zip::result::ZipResult<Vec<u8>> {
        let mut book = ZipWriter::new(Cursor::new(Vec::new()));
        // The first file is its kind, as it is: readers look for it at a fixed place.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut put = |name: &str, options, content: &[u8]| -> zip::result::ZipResult<()> {
            book.start_file(name, options)?;
            Ok(book.write_all(content)?)
        };
        put("mimetype", stored, b"application/epub+zip")?;
        put("META-INF/container.xml", packed, CONTAINER.as_bytes())?;
        put("OEBPS/content.opf", packed, self.package(pages).as_bytes())?;
        let title = escape(&self.sequence.title);
        let navigation = format!(
            "<nav xmlns:epub=\"http://www.idpf.org/2007/ops\" epub:type=\"toc\">\
             <ol><li><a href=\"story.xhtml\">{title}</a></li></ol></nav>"
        );
        put("OEBPS/nav.xhtml", packed, xhtml(&title, &navigation).as_bytes())?;
        let figure = |page: &Page<'_>| {
            format!("<div><img alt=\"\" src=\"{}\"/></div>\n{}\n", page.name, paragraphs(&page.words))
        };
        let figures: String = pages.iter().map(figure).collect();
        let body = format!("<h1>{title}</h1>\n{figures}<hr/><p>{}</p>", escape(self.colophon()));
        put("OEBPS/story.xhtml", packed, xhtml(&title, &body).as_bytes())?;
        for page in pages {
            put(&format!("OEBPS/{}", page.name), stored, page.picture.bytes())?;
        }
        Ok(book.finish()?.into_inner())
    }

    fn package(&self, pages: &[Page<'_>]) -> String {
        let title = escape(&self.sequence.title);
        let picture = |(n, page): (usize, &Page<'_>)| {
            let cover = if n == 0 { " properties=\"cover-image\"" } else { "" };
            format!("<item id=\"p{n}\" href=\"{}\" media-type=\"{}\"{cover}/>\n", page.name, page.media)
        };
        let pictures: String = pages.iter().enumerate().map(picture).collect();
        let id = escape(&self.story.id);
        let told = crate::exchange::publish_time::stamp(self.story.told_at);
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\">\n\
             <metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<dc:identifier id=\"id\">{id}</dc:identifier>\n\
             <dc:title>{title}</dc:title>\n<dc:language>en</dc:language>\n<dc:creator>{}</dc:creator>\n\
             <meta property=\"dcterms:modified\">{told}</meta>\n</metadata>\n<manifest>\n\
             <item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n\
             <item id=\"story\" href=\"story.xhtml\" media-type=\"application/xhtml+xml\"/>\n{pictures}</manifest>\n\
             <spine><itemref idref=\"story\"/></spine>\n</package>\n",
            escape(&self.story.writer.model)
        )
    }
}

const STYLE: &str = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.15rem/1.6 Georgia,serif;color:#222;background:#fffdf8}\
h1{text-align:center}figure{margin:2.5rem 0}img{width:100%;border-radius:.4rem}figcaption p{margin:.6rem 0}footer{color:#777;font-size:.85rem}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#16181c}}";

const CONTAINER: &str = "<?xml version=\"1.0\"?>\n<container version=\"1.0\" \
xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles><rootfile full-path=\"OEBPS/content.opf\" \
media-type=\"application/oebps-package+xml\"/></rootfiles></container>\n";

fn xhtml(title: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n\
         <head><title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    )
}

fn paragraphs(words: &str) -> String {
    words.lines().map(|line| format!("<p>{}</p>", escape(line))).collect()
}

/// Words as Markdown shows them: what would be a sign is escaped.
fn marked(words: &str) -> String {
    let sign = |c: char| matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!');
    words.chars().flat_map(|c| sign(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Ending and media type of a picture, by its first bytes.
///
/// # Errors
/// Where it is of a kind that readers do not show.
pub fn picture_kind(picture: &Picture) -> Result<(&'static str, &'static str), Notice> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    match image::guess_format(picture.bytes()) {
        Ok(Png) => Ok(("png", "image/png")),
        Ok(Jpeg) => Ok(("jpg", "image/jpeg")),
        Ok(Gif) => Ok(("gif", "image/gif")),
        Ok(WebP) => Ok(("webp", "image/webp")),
        Ok(Bmp) => Ok(("bmp", "image/bmp")),
        Ok(Tiff) => Ok(("tiff", "image/tiff")),
        _ => Err(Notice::yours("a picture is of a kind that readers do not show", "convert it to PNG or JPEG")),
    }
}

/// Letters and digits of a title, for a file name.
pub fn slug(title: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let title: String = title.chars().map(plain).take(60).collect();
    let words: Vec<&str> = title.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "story".to_owned() } else { words.join("-") }
}
