//! The server over real connections: who is let in, what is refused, and a vote that is given over the line.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::PublicKeyOrCertificate;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg};
use russh::{Channel, ChannelMsg};

use super::{Limits, Serve, Server};
use crate::config::{Config, Flags};
use crate::shelf::Entrance;
use crate::shelf::test_place::{TestPlace, on_both};
use crate::story::{Asked, Campaign, Finish, Plan, Role, SamplingPatch};
use crate::studio::{BUNDLED, NewCampaign, Studio, System};

struct Client;

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

struct Place {
    studio: Studio,
    campaign: Campaign,
    address: std::net::SocketAddr,
    _home: TestPlace,
}

async fn place(limits: Limits) -> Place {
    place_at(TestPlace::sqlite(), limits, false).await
}

/// A server with a campaign of one pair of short stories; `live`: still to be told.
async fn place_at(home: TestPlace, limits: Limits, live: bool) -> Place {
    let database = home.database().map(str::to_owned);
    let flags = Flags { home: Some(home.home().to_owned()), database, ..Flags::default() };
    let config = Config::load(flags).unwrap();
    let studio = Studio::open(&config).await.unwrap();
    let system = |label: &str, temperature: f64| System {
        label: label.into(),
        model: None,
        sampling: SamplingPatch { temperature: Some(temperature), ..SamplingPatch::default() },
        elsewhere: None,
    };
    let order = NewCampaign {
        name: "test".into(),
        plan: Plan { overlap: if live { 2 } else { 1 }, gold: 0.0, repeats: 0.0, ..Plan::default() },
        sequences: vec![BUNDLED[0].id()],
        systems: vec![system("plain", 0.0), system("warm", 1.2)],
        most_pairs: None,
        gold: 0,
        practice: 0,
        seed: 0,
        live,
    };
    let campaign = studio.begin_campaign(&order, &mut |_, _| ()).await.unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let serve = Serve { studio: studio.clone(), campaign: campaign.clone(), listen, limits };
    let server = Server::open(serve).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run());
    Place { studio, campaign, address, _home: home }
}

fn key() -> PrivateKey {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap()
}

async fn connect(place: &Place) -> Result<Handle<Client>, russh::Error> {
    client::connect(Arc::new(client::Config::default()), place.address, Client).await
}

async fn show_key(handle: &mut Handle<Client>, key: &PrivateKey) -> AuthResult {
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    handle.authenticate_publickey("anybody", key).await.unwrap()
}

async fn add(place: &Place, name: &str, role: Role, key: &PrivateKey) {
    let public = key.public_key();
    let entrance = Entrance::Key {
        key: public.to_openssh().unwrap(),
        fingerprint: public.fingerprint(HashAlg::Sha256).to_string(),
    };
    place.studio.shelf().add_rater(name, role, &entrance, false).await.unwrap();
}

/// A terminal at the other end, and everything it was sent.
struct Terminal {
    channel: Channel<client::Msg>,
    sent: String,
}

impl Terminal {
    async fn open(handle: &Handle<Client>) -> Terminal {
        let channel = handle.channel_open_session().await.unwrap();
        channel.request_pty(true, "xterm-256color", 100, 30, 0, 0, &[]).await.unwrap();
        channel.request_shell(true).await.unwrap();
        // It can show nothing but text: the answer that ends the questions, and no other.
        channel.data(&b"\x1b[?62;22c\x1b[0n"[..]).await.unwrap();
        Terminal { channel, sent: String::new() }
    }

    async fn sees(&mut self, words: &str) {
        while !self.sent.contains(words) {
            let message = tokio::time::timeout(Duration::from_secs(60), self.channel.wait()).await;
            match message {
                Ok(Some(ChannelMsg::Data { data })) => self.sent.push_str(&String::from_utf8_lossy(&data)),
                Ok(Some(_)) => {}
                other => panic!("'{words}' should come: {other:?} after {:?}", self.sent),
            }
        }
    }

    /// Past the guideline and the pictures that show what a rater can see.
    async fn comes_to_the_pairs(&mut self) {
        self.sees("Before you begin").await;
        self.keys("\r").await;
        self.sees("Which animal is this?").await;
        self.keys("555").await;
    }

    /// Prefers the left story, clearly, and every criterion with it.
    async fn votes(&mut self) {
        // Only cells that change are sent, so what is waited for is new in all its letters.
        self.keys("2").await;
        self.sees("[2]").await;
        self.keys("hhh").await;
        self.sees("◀ left").await;
        self.keys("\r").await;
        self.sees("given").await;
    }

    async fn keys(&self, keys: &str) {
        self.channel.data(keys.as_bytes()).await.unwrap();
    }
}

on_both! {
    a_rater_comes_in_by_key_votes_and_leaves,
}

async fn a_rater_comes_in_by_key_votes_and_leaves(home: TestPlace) {
    let place = place_at(home, Limits::default(), false).await;
    let key = key();
    add(&place, "Ada", Role::Rater, &key).await;
    let mut handle = connect(&place).await.unwrap();
    assert!(show_key(&mut handle, &key).await.success());
    let mut terminal = Terminal::open(&handle).await;
    terminal.comes_to_the_pairs().await;
    terminal.sees("1 to 7").await;
    terminal.votes().await;
    let votes = place.studio.shelf().votes(&place.campaign.id).await.unwrap();
    assert_eq!(votes.len(), 1, "what is said to be kept is there");
    assert!(votes[0].preference.screen.ends_with("100x30"), "{}", votes[0].preference.screen);
    terminal.keys("q").await;
    terminal.sees("\x1b[?1049l").await;
    assert!(!terminal.sent.contains("embedded"), "nobody is told who wrote");
}

#[tokio::test(flavor = "multi_thread")]
async fn stories_grow_on_the_screen_of_a_rater_who_need_not_wait_for_their_end() {
    let place = place_at(TestPlace::sqlite(), Limits::default(), true).await;
    let key = key();
    add(&place, "Ada", Role::Rater, &key).await;
    let mut handle = connect(&place).await.unwrap();
    assert!(show_key(&mut handle, &key).await.success());
    let mut terminal = Terminal::open(&handle).await;
    terminal.comes_to_the_pairs().await;
    terminal.sees("still being told").await;
    terminal.votes().await;
    // She leaves; what was begun for her is told to its end, and her vote counts then.
    terminal.keys("q").await;
    terminal.sees("\x1b[?1049l").await;
    let bo = place.studio.shelf().add_rater("Bo", Role::Rater, &Entrance::Here, true).await.unwrap();
    place.studio.agree(&place.campaign, &bo, 1).await.unwrap();
    let Asked::Pairing(pairing) = place.studio.asked(&place.campaign, &bo, "program").await.unwrap() else {
        panic!("the pair has another place")
    };
    for story in [&pairing.first, &pairing.second] {
        assert_ne!(place.studio.grown(story).await.unwrap().finish, Finish::Awaited);
    }
    assert_eq!(place.studio.shelf().votes(&place.campaign.id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn inspectors_look_and_change_nothing_and_owners_have_the_studio() {
    let place = place(Limits::default()).await;
    let sequence = BUNDLED[0].id();
    let told = place.studio.stories(&sequence).await.unwrap().len();
    for (name, role, more) in [("Ines", Role::Inspector, 0), ("Olga", Role::Owner, 1)] {
        let key = key();
        add(&place, name, role, &key).await;
        let mut handle = connect(&place).await.unwrap();
        assert!(show_key(&mut handle, &key).await.success());
        let mut terminal = Terminal::open(&handle).await;
        terminal.sees("A Birthday for Max").await;
        terminal.keys("\r").await;
        // A story of the campaign is shown with its speed: the sequence is open.
        terminal.sees("tok/s").await;
        terminal.keys(" ").await;
        if role == Role::Inspector {
            terminal.sees("you are here to look").await;
        }
        let mut now = told;
        for _ in 0..600 {
            now = place.studio.stories(&sequence).await.unwrap().len();
            if now == told + more {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(now, told + more, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_stay_out_and_an_invitation_binds_a_key() {
    let place = place(Limits::default()).await;
    let key = key();
    let token = "a token";
    place.studio.shelf().add_rater("Bo", Role::Rater, &Entrance::Invite { token: token.into() }, false).await.unwrap();
    for (said, comes_in) in [("a guess", false), (token, true)] {
        let mut handle = connect(&place).await.unwrap();
        assert!(!show_key(&mut handle, &key).await.success());
        let asked = handle.authenticate_keyboard_interactive_start("bo", None).await.unwrap();
        assert!(matches!(asked, KeyboardInteractiveAuthResponse::InfoRequest { .. }), "{asked:?}");
        let answer = handle.authenticate_keyboard_interactive_respond(vec![said.into()]).await.unwrap();
        assert_eq!(matches!(answer, KeyboardInteractiveAuthResponse::Success), comes_in, "{said}");
    }
    let mut handle = connect(&place).await.unwrap();
    assert!(show_key(&mut handle, &key).await.success(), "the key is theirs from then on");
    assert!(!show_key(&mut connect(&place).await.unwrap(), &self::key()).await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_commands_behind_the_door() {
    let place = place(Limits::default()).await;
    let key = key();
    add(&place, "Ada", Role::Rater, &key).await;
    let mut handle = connect(&place).await.unwrap();
    assert!(show_key(&mut handle, &key).await.success());
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, "cat /etc/passwd").await.unwrap();
    let (mut words, mut status) = (String::new(), None);
    while let Ok(Some(message)) = tokio::time::timeout(Duration::from_secs(20), channel.wait()).await {
        match message {
            ChannelMsg::ExtendedData { data, .. } => words.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    assert!(words.contains("no commands"), "{words}");
    assert_eq!(status, Some(1));
    assert!(handle.channel_open_direct_tcpip("127.0.0.1", 80, "127.0.0.1", 1).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_places() {
    let place = place(Limits { most_each: 1, ..Limits::default() }).await;
    let first = connect(&place).await.unwrap();
    assert!(connect(&place).await.is_err());
    drop(first);
    let mut again = connect(&place).await;
    for _ in 0..50 {
        if again.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        again = connect(&place).await;
    }
    assert!(again.is_ok());
}
