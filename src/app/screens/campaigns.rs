//! The campaigns there are, how far each is, and what the votes of one say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::look::{HERE, spinner};
use crate::app::results_plots::Signs;
use crate::app::results_text::{account, disputes, rater_by_rater};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::story::{Campaign, CampaignState, Notice, Results};

/// Cells of a campaign's bar.
const BAR: u16 = 24;

/// Which account is read: of everything, of what raters do not agree on, or rater by rater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Account,
    Disputes,
    Raters,
}

/// The list, and over it the results of one.
#[derive(Clone, Debug, Default)]
pub struct Campaigns {
    listed: Option<Result<Vec<Campaign>, Notice>>,
    at: usize,
    /// The results that are read; `None` while they are counted.
    open: Option<Option<Result<Box<Results>, Notice>>>,
    page: Page,
    /// Votes of programs are counted too.
    simulated: bool,
    top: usize,
}

impl Campaigns {
    pub fn list(&mut self, listed: Result<Vec<Campaign>, Notice>) {
        let count = listed.as_ref().map_or(0, Vec::len);
        self.at = self.at.min(count.saturating_sub(1));
        self.listed = Some(listed);
    }

    /// What the votes of the chosen one say.
    pub fn count(&mut self, results: Result<Box<Results>, Notice>) {
        if self.open.is_some() {
            self.open = Some(Some(results));
        }
    }

    fn chosen(&self) -> Option<&Campaign> {
        self.listed.as_ref()?.as_ref().ok()?.get(self.at)
    }

    pub fn is_waiting(&self) -> bool {
        self.listed.is_none() || matches!(self.open, Some(None))
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Open => self.open.is_none() && self.chosen().is_some(),
            Action::Flip | Action::Simulated => self.open.is_some(),
            Action::Pause => self.chosen().is_some(),
            _ => true,
        }
    }

    pub fn act(&mut self, action: Action) -> Turn {
        if !self.can(action) {
            return Turn::Stay;
        }
        match (action, self.open.is_some()) {
            (Action::Back, true) => (self.open, self.page, self.top) = (None, Page::Account, 0),
            (Action::Back | Action::Campaigns, _) => return Turn::Leave,
            (Action::Open, false) => return self.ask(),
            (Action::Simulated, true) => {
                self.simulated = !self.simulated;
                return self.ask();
            }
            (Action::Flip, true) => {
                self.page = match self.page {
                    Page::Account => Page::Disputes,
                    Page::Disputes => Page::Raters,
                    Page::Raters => Page::Account,
                };
                self.top = 0;
            }
            (Action::Pause, _) => {
                let effect = self.chosen().map(|campaign| {
                    let state = match campaign.state {
                        CampaignState::Open => CampaignState::Paused,
                        CampaignState::Paused => CampaignState::Open,
                    };
                    Effect::SetCampaign(campaign.id.clone(), state)
                });
                return effect.map_or(Turn::Stay, Turn::Do);
            }
            (Action::Up, true) => self.top = self.top.saturating_sub(1),
            (Action::Down, true) => self.top += 1,
            (Action::PageUp, true) => self.top = self.top.saturating_sub(10),
            (Action::PageDown, true) => self.top += 10,
            (Action::First, true) => self.top = 0,
            (Action::Up, false) => self.at = self.at.saturating_sub(1),
            (Action::Down, false) => {
                let count = self.listed.as_ref().and_then(|listed| listed.as_ref().ok()).map_or(0, Vec::len);
                self.at = (self.at + 1).min(count.saturating_sub(1));
            }
            (Action::First, false) => self.at = 0,
            _ => {}
        }
        Turn::Stay
    }

    fn ask(&mut self) -> Turn {
        let Some(campaign) = self.chosen() else { return Turn::Stay };
        let effect = Effect::LoadResults { campaign: campaign.id.clone(), simulated: self.simulated };
        (self.open, self.top) = (Some(None), 0);
        Turn::Do(effect)
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        let waiting = |words: &str| {
            let words = format!("{} {words}", spinner(setting.now.as_millis() / 125));
            vec![Line::styled(words, look.quiet)]
        };
        let lines = match (&self.open, &self.listed) {
            (Some(None), _) => waiting("counting"),
            (Some(Some(Err(notice))), _) | (None, Some(Err(notice))) => bars::notice_lines(notice, area.width, look),
            (Some(Some(Ok(results))), _) => self.account(results, setting),
            (None, None) => waiting("one moment"),
            (None, Some(Ok(campaigns))) => self.rows(campaigns, setting),
        };
        let top = self.top.min(lines.len().saturating_sub(usize::from(area.height)));
        // In the list the chosen row is never out of sight.
        let row = if self.open.is_none() { (self.at * 2 + 2).saturating_sub(usize::from(area.height)) } else { top };
        bars::write_lines(area, lines.get(row..).unwrap_or_default(), buffer);
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let words = match (self.open.is_some(), self.simulated) {
            (false, _) => "people rate with storyloom rate, or over SSH where storyloom serve runs",
            (true, false) => "votes of programs are left out",
            (true, true) => "votes of programs are counted",
        };
        bars::row(line, vec![Span::styled(words, look.quiet)], vec![], buffer);
    }

    /// Two rows a campaign: its name and state, and how far it is.
    fn rows(&self, campaigns: &[Campaign], setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        if campaigns.is_empty() {
            let words = "There is no campaign yet. storyloom campaign new NAME begins one; so does c in a comparison.";
            let wrapped = text::wrap(words, usize::from(setting.columns).saturating_sub(2));
            return wrapped.into_iter().map(|line| Line::styled(line, look.quiet)).collect();
        }
        let mut lines = Vec::new();
        for (place, campaign) in campaigns.iter().enumerate() {
            let here = place == self.at;
            let style = if here { look.chosen } else { look.strong };
            let mut head = vec![
                Span::styled(format!("{} ", if here { HERE } else { " " }), look.lit),
                Span::styled(text::clean_line(&campaign.name), style),
            ];
            if campaign.state == CampaignState::Paused {
                head.push(Span::styled("  paused", look.warning));
            }
            lines.push(Line::from(head));
            let (votes, wanted) = (campaign.votes, campaign.wanted.max(1));
            let full = ((votes.min(wanted) * u64::from(BAR)) / wanted) as usize;
            lines.push(Line::from(vec![
                Span::raw("  "),
                Span::styled("█".repeat(full), look.lit),
                Span::styled("░".repeat(usize::from(BAR) - full), look.hollow),
                Span::styled(format!("  {votes} of {} votes on {} pairs", campaign.wanted, campaign.pairs), look.quiet),
            ]));
        }
        lines
    }

    /// The account in words and plots; lines that begin a part are set off.
    fn account(&self, results: &Results, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let signs = if setting.ascii { Signs::ASCII } else { Signs::DRAWN };
        let words = match self.page {
            Page::Account => account(results, signs),
            Page::Disputes => disputes(results),
            Page::Raters => rater_by_rater(results, signs),
        };
        let columns = usize::from(setting.columns).saturating_sub(2);
        let mut lines = Vec::new();
        let mut before = "";
        for line in words.lines() {
            let style = match () {
                () if line.starts_with("! ") => look.warning,
                () if before.is_empty() && !line.starts_with(' ') => look.strong,
                () => look.text,
            };
            lines.extend(text::wrap(line, columns).into_iter().map(|line| Line::styled(line, style)));
            before = line;
        }
        lines
    }
}
