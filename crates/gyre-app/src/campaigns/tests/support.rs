//! A world of people, one campaign and a provider, and workers that can be killed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use gyre_base::{CampaignId, Clock, Timestamp, WorkspaceId};
use gyre_deliver::{EmailProvider, Handoff, MimeMessage, Outcome, TrackingKey};
use gyre_meta::{CampaignState, Message, Meta, MetaConfig};
use gyre_model::message::MessageState;
use gyre_model::{Audience, Event};
use gyre_testkit::VirtualClock;
use parking_lot::Mutex;
use roaring::RoaringBitmap;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::test_workspace;
use crate::campaigns::people::{CampaignPeople, PeopleError, Recipient};
use crate::campaigns::{CampaignParts, Campaigns, WorkerConfig, run_worker};
use crate::channels::{Channels, Sealer};
use crate::tracking::{Links, Tracking};

/// A moment in the life of a message or a plan, at which a test may interfere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A person is read (by the planner or the sender).
    Person,
    /// The provider was reached; nothing is on record.
    BeforeHandoff,
    /// The handoff is on record; the provider has not taken it.
    AfterHandoff,
    /// The provider took it; the worker does not know.
    AfterAccept,
    /// Events are about to be appended.
    BeforeEmit,
    /// Events were appended; the outbox still has them.
    AfterEmit,
}

/// Holds everything up at the n-th time of a moment.
#[derive(Debug, Default)]
pub(crate) struct Trap {
    set: Mutex<Option<(Moment, usize)>>,
    passed: AtomicUsize,
    pub(crate) is_sprung: std::sync::atomic::AtomicBool,
    sprung: Notify,
}

impl Trap {
    pub(crate) fn set(&self, moment: Moment, nth: usize) {
        *self.set.lock() = Some((moment, nth));
        self.passed.store(0, Ordering::SeqCst);
        self.is_sprung.store(false, Ordering::SeqCst);
    }

    pub(crate) fn clear(&self) {
        *self.set.lock() = None;
    }

    fn hits(&self, moment: Moment) -> bool {
        let Some((trapped, nth)) = *self.set.lock() else {
            return false;
        };
        trapped == moment && self.passed.fetch_add(1, Ordering::SeqCst) == nth
    }

    async fn pass(&self, moment: Moment) {
        if self.hits(moment) {
            self.is_sprung.store(true, Ordering::SeqCst);
            self.sprung.notify_waiters();
            std::future::pending::<()>().await;
        }
    }
}

/// People in memory, and the log as a list.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) people: Mutex<BTreeMap<u32, Recipient>>,
    pub(crate) log: Mutex<Vec<Event>>,
    pub(crate) trap: Trap,
}

#[async_trait]
impl CampaignPeople for World {
    async fn caught_up(&self) {}

    async fn audience(
        &self,
        _: WorkspaceId,
        _: &Audience,
        _: Timestamp,
    ) -> Result<RoaringBitmap, PeopleError> {
        self.trap.pass(Moment::Person).await;
        Ok(self.people.lock().keys().copied().collect())
    }

    fn person(&self, _: WorkspaceId, person: u32) -> Option<Recipient> {
        self.people.lock().get(&person).cloned()
    }

    fn find(&self, _: WorkspaceId, id: &str) -> Option<u32> {
        let people = self.people.lock();
        let found = people
            .values()
            .find(|it| it.external_id.as_deref() == Some(id));
        found.map(|it| it.person)
    }

    async fn emit(&self, _: WorkspaceId, events: Vec<Event>) -> Result<(), PeopleError> {
        self.trap.pass(Moment::BeforeEmit).await;
        self.log.lock().extend(events);
        self.trap.pass(Moment::AfterEmit).await;
        Ok(())
    }
}

/// What the provider answers to an address.
pub(crate) type Answer = fn(to: &str, nth: usize) -> Outcome;

/// A provider that notes what it took.
#[derive(Debug)]
pub(crate) struct Postbox {
    pub(crate) world: Arc<World>,
    pub(crate) answer: Mutex<Answer>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) taken: Mutex<Vec<MimeMessage>>,
    /// Asked before every handoff, with the address.
    pub(crate) before: Mutex<Option<Before>>,
}

/// What is done before a handoff, with the address.
type Hook = dyn Fn(&str) -> futures::future::BoxFuture<'static, ()> + Send;

pub(crate) struct Before(pub(crate) Box<Hook>);

impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Before(..)")
    }
}

pub(crate) fn accept(_: &str, _: usize) -> Outcome {
    Outcome::Accepted {
        provider_message_id: Some("P1".to_owned()),
        detail: "250 ok".to_owned(),
    }
}

#[async_trait]
impl EmailProvider for Postbox {
    fn name(&self) -> &'static str {
        "postbox"
    }

    async fn send(&self, message: &MimeMessage, handoff: &dyn Handoff) -> Outcome {
        let nth = {
            let mut asked = self.asked.lock();
            asked.push(message.to.clone());
            asked.iter().filter(|it| **it == message.to).count()
        };
        let answer = *self.answer.lock();
        let outcome = answer(&message.to, nth);
        if matches!(&outcome, Outcome::Transient { code, .. } if code == "lost-connect") {
            return outcome;
        }
        let before = self.before.lock().as_ref().map(|it| (it.0)(&message.to));
        if let Some(before) = before {
            before.await;
        }
        self.world.trap.pass(Moment::BeforeHandoff).await;
        if !handoff.allow().await {
            return Outcome::Transient {
                code: "withheld".to_owned(),
                reason: String::new(),
                retry_after_ms: None,
            };
        }
        self.world.trap.pass(Moment::AfterHandoff).await;
        if matches!(outcome, Outcome::Accepted { .. }) {
            self.taken.lock().push(message.clone());
        }
        self.world.trap.pass(Moment::AfterAccept).await;
        outcome
    }

    async fn check(&self) -> Result<String, String> {
        Ok("a postbox".to_owned())
    }
}

/// Everything of one test.
pub(crate) struct Stage {
    _dir: tempfile::TempDir,
    pub(crate) clock: VirtualClock,
    pub(crate) meta: Meta,
    pub(crate) workspace: WorkspaceId,
    pub(crate) world: Arc<World>,
    pub(crate) postbox: Arc<Postbox>,
    pub(crate) campaigns: Campaigns,
    worker: Option<(JoinHandle<()>, CancellationToken)>,
    workers: usize,
    pub(crate) concurrency: usize,
}

impl Stage {
    /// A world of `people` people `u0`, `u1` …, each with an address.
    pub(crate) async fn new(people: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("meta.db").display());
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        let workspace = test_workspace(&meta).await;
        let world = Arc::new(World::default());
        for person in 0..people {
            let properties = json!({"email": format!("U{person}@person.test"), "first_name": format!("N{person}")});
            let Value::Object(properties) = properties else {
                unreachable!();
            };
            let recipient = Recipient {
                person,
                external_id: Some(format!("u{person}")),
                device_id: None,
                properties,
            };
            world.people.lock().insert(person, recipient);
        }
        let postbox = Arc::new(Postbox {
            world: Arc::clone(&world),
            answer: Mutex::new(accept),
            asked: Mutex::default(),
            taken: Mutex::default(),
            before: Mutex::new(None),
        });
        let clock = VirtualClock::at_text("2026-03-01T09:00:00Z");
        let campaigns = assemble(&meta, &world, &postbox, &clock, workspace);
        Self {
            _dir: dir,
            clock,
            meta,
            workspace,
            world,
            postbox,
            campaigns,
            worker: None,
            workers: 0,
            concurrency: 8,
        }
    }

    /// Creates and launches a campaign.
    pub(crate) async fn launch(&self, change: impl FnOnce(&mut Value)) -> CampaignId {
        let mut document = json!({
            "name": "Spring", "tags": ["promo"], "control": {"share": 1000},
            "messages": [{"channel": "email", "from": "Shop <hello@shop.test>", "subject": "Hi {{${first_name}}}",
                "html": "<body><a href=\"https://shop.test/\">x</a> <a href=\"{{${set_user_to_unsubscribed_url}}}\">out</a></body>"}]});
        change(&mut document);
        let created = self
            .campaigns
            .create_in(self.workspace, &document)
            .await
            .unwrap();
        let id = created.campaign.id;
        self.campaigns.launch_in(self.workspace, id).await.unwrap();
        id
    }

    /// Starts a worker, as a process would: with nothing remembered.
    pub(crate) fn start(&mut self) {
        assert!(self.worker.is_none(), "a worker runs already");
        self.workers += 1;
        self.campaigns = assemble(
            &self.meta,
            &self.world,
            &self.postbox,
            &self.clock,
            self.workspace,
        );
        let config = WorkerConfig {
            concurrency: self.concurrency,
            ..WorkerConfig::new(format!("worker-{}", self.workers))
        };
        let stop = CancellationToken::new();
        let work = run_worker(self.campaigns.clone(), config, stop.clone());
        self.worker = Some((tokio::spawn(work), stop));
    }

    /// Ends the worker as SIGKILL does.
    pub(crate) async fn kill(&mut self) {
        let (worker, _) = self.worker.take().unwrap();
        worker.abort();
        let _ = worker.await;
    }

    /// Ends the worker as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        let (worker, stop) = self.worker.take().unwrap();
        stop.cancel();
        while !worker.is_finished() {
            self.tick().await;
        }
        worker.await.unwrap();
    }

    /// Lets a little time pass, in step with the database: the write waits behind the worker's own.
    pub(crate) async fn tick(&self) {
        let now = self.clock.now();
        self.meta
            .lease_acquire("pace", "test", now, now)
            .await
            .unwrap();
        self.clock.advance_ms(20).await;
    }

    pub(crate) async fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..20_000 {
            if holds() {
                return;
            }
            self.tick().await;
        }
        panic!("never happened: {what}; {:?}", self.clock);
    }

    /// Waits until the trap has caught the worker, or the campaign is done.
    pub(crate) async fn wait_for_trap(&self, id: CampaignId) -> bool {
        for _ in 0..20_000 {
            if self.world.trap.is_sprung.load(Ordering::SeqCst) {
                return true;
            }
            if self.state(id).await == CampaignState::Done
                && self.meta.outbox_page(1).await.unwrap().is_empty()
            {
                return false;
            }
            self.tick().await;
        }
        panic!("neither trapped nor done");
    }

    pub(crate) async fn state(&self, id: CampaignId) -> CampaignState {
        self.meta
            .campaign_get(self.workspace, id)
            .await
            .unwrap()
            .state
    }

    /// Runs until the campaign is in a state and every event is in the log.
    pub(crate) async fn wait_for(&self, id: CampaignId, state: CampaignState) {
        for _ in 0..20_000 {
            let campaign = self.meta.campaign_get(self.workspace, id).await.unwrap();
            let is_over = campaign.state == state && campaign.finished_at.is_some();
            if is_over && self.meta.outbox_page(1).await.unwrap().is_empty() {
                return;
            }
            self.tick().await;
        }
        panic!("never {state:?}: {:?}", self.counts(id).await);
    }

    pub(crate) async fn rows(&self, id: CampaignId) -> Vec<Message> {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .meta
                .messages_page(self.workspace, id, None, after, 500)
                .await
                .unwrap();
            let Some(last) = page.last() else {
                return rows;
            };
            after = Some(gyre_meta::MessageCursor {
                state: last.state,
                id: last.id,
            });
            rows.extend(page);
        }
    }

    pub(crate) async fn counts(&self, id: CampaignId) -> BTreeMap<MessageState, usize> {
        let mut counts = BTreeMap::new();
        for row in self.rows(id).await {
            *counts.entry(row.state).or_default() += 1;
        }
        counts
    }

    /// How often each address was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, usize> {
        let mut taken = BTreeMap::new();
        for message in self.postbox.taken.lock().iter() {
            *taken.entry(message.to.clone()).or_default() += 1;
        }
        taken
    }

    /// Events of the log without repeats, by name.
    pub(crate) fn events(&self) -> BTreeMap<String, usize> {
        let mut seen = HashSet::new();
        let mut names = BTreeMap::new();
        for event in self.world.log.lock().iter() {
            if seen.insert(event.insert_id.clone()) {
                *names.entry(event.name.clone()).or_default() += 1;
            }
        }
        names
    }

    pub(crate) fn tracking(&self) -> Tracking {
        Tracking::new(self.campaigns.clone())
    }

    pub(crate) fn set_property(&self, person: u32, key: &str, value: Value) {
        let mut people = self.world.people.lock();
        let recipient = people.get_mut(&person).unwrap();
        recipient.properties.insert(key.to_owned(), value);
    }
}

pub(crate) fn links() -> Links {
    Links::new("https://gyre.test", TrackingKey::new(&[3; 32]))
}

fn assemble(
    meta: &Meta,
    world: &Arc<World>,
    postbox: &Arc<Postbox>,
    clock: &VirtualClock,
    workspace: WorkspaceId,
) -> Campaigns {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let channels = Channels::new(
        meta.clone(),
        Arc::clone(&clock),
        Sealer::new(&[1; 32]),
        "gyre.test",
    );
    let provider: Arc<dyn EmailProvider> = Arc::clone(postbox) as Arc<dyn EmailProvider>;
    channels.set_provider(workspace, provider);
    let people: Arc<dyn CampaignPeople> = Arc::clone(world) as Arc<dyn CampaignPeople>;
    Campaigns::new(CampaignParts {
        meta: meta.clone(),
        people,
        clock,
        channels,
        links: links(),
    })
}
