//! The trace keeper of `mahila up`: a small collector that keeps the last spans of this machine's services in memory, so
//! that `mahila trace ID` can print a call as a tree without anything else installed.
//!
//! Spans come by OTLP/gRPC on a loopback port; metrics are taken and forgotten, so that exporters are content. Questions
//! come by a unix socket: one line `GET <trace id>`, answered by one JSON object a span and the end of the stream. Nothing
//! is written to disk: when the keeper ends, its traces are gone.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Spans kept at most, of all services together.
const MOST_SPANS: usize = 50_000;
/// Bytes of text kept at most, roughly.
const MOST_BYTES: usize = 64 << 20;
/// A question or an answer takes no longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A question is no longer: `GET `, 32 digits, the end of the line.
const LONGEST_QUESTION: u64 = 64;

/// A span as it is kept and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSpan {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; empty at the root.
    pub parent_span_id: String,
    /// The service that it happened in.
    pub service: String,
    /// What was done.
    pub name: String,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// How long it took, in nanoseconds.
    pub nanoseconds: u64,
    /// Why it failed, if it did.
    pub failed: Option<String>,
    /// Attributes, values as text.
    pub attributes: BTreeMap<String, String>,
    /// Spans elsewhere that had to do with it.
    pub links: Vec<Link>,
}

/// A pointer at a span.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Its trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
}

impl KeptSpan {
    fn new(service: &str, span: Span) -> Self {
        let failed = span.status.filter(|status| status.code == i32::from(StatusCode::Error));
        let link = |trace_id: &[u8], span_id: &[u8]| Link { trace_id: hex(trace_id), span_id: hex(span_id) };
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_span_id: hex(&span.parent_span_id),
            service: service.to_owned(),
            name: span.name,
            start: span.start_time_unix_nano,
            nanoseconds: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
            failed: failed.map(|status| status.message),
            attributes: span.attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect(),
            links: span.links.iter().map(|to| link(&to.trace_id, &to.span_id)).collect(),
        }
    }

    fn itself(&self) -> Link {
        Link { trace_id: self.trace_id.clone(), span_id: self.span_id.clone() }
    }

    /// Whether a question for the trace is answered with it: links count, for a transaction that several calls share
    /// stands in the trace of one of them.
    fn belongs_to(&self, trace_id: &str) -> bool {
        self.trace_id == trace_id || self.links.iter().any(|link| link.trace_id == trace_id)
    }

    fn weight(&self) -> usize {
        let attributes: usize = self.attributes.iter().map(|(key, value)| key.len() + value.len() + 48).sum();
        300 + self.name.len() + self.service.len() + attributes + self.links.len() * 100
    }
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(yes)) => yes.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The spans in order of arrival; the oldest make room.
#[derive(Debug)]
struct Kept {
    spans: VecDeque<KeptSpan>,
    bytes: usize,
    most_spans: usize,
    most_bytes: usize,
}

impl Kept {
    fn push(&mut self, span: KeptSpan) {
        self.bytes += span.weight();
        self.spans.push_back(span);
        while self.spans.len() > self.most_spans || self.bytes > self.most_bytes {
            let Some(oldest) = self.spans.pop_front() else { return };
            self.bytes -= oldest.weight();
        }
    }
}

#[derive(Debug, Clone)]
struct Shelf(Arc<Mutex<Kept>>);

impl Shelf {
    fn new(most_spans: usize, most_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Kept { spans: VecDeque::new(), bytes: 0, most_spans, most_bytes })))
    }

    fn of_trace(&self, trace_id: &str) -> Vec<KeptSpan> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.spans.iter().filter(|span| span.belongs_to(trace_id)).cloned().collect()
    }
}

#[tonic::async_trait]
impl TraceService for Shelf {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for group in request.into_inner().resource_spans {
            let attributes = group.resource.map(|resource| resource.attributes).unwrap_or_default();
            let service =
                attributes.iter().find(|attribute| attribute.key == "service.name").map(text).unwrap_or_default();
            for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                kept.push(KeptSpan::new(&service, span));
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Takes metrics and forgets them.
#[derive(Debug)]
struct Forgetful;

#[tonic::async_trait]
impl MetricsService for Forgetful {
    async fn export(
        &self,
        _: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// The keeper. It stops, and its socket goes, when it is dropped.
#[derive(Debug)]
pub struct Keeper {
    address: SocketAddr,
    socket_path: PathBuf,
    /// Ends the two tasks with it.
    _tasks: JoinSet<()>,
}

impl Keeper {
    /// Begins to keep what arrives at `listen`, port 0 for a free one, and to answer at `socket_path`, which only the
    /// owner can open. A socket that an earlier keeper left behind is replaced. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When `listen` is not on the loopback, when either place is taken, or cannot be made.
    pub async fn start(listen: SocketAddr, socket_path: &Path) -> io::Result<Self> {
        Self::start_with(listen, socket_path, Shelf::new(MOST_SPANS, MOST_BYTES)).await
    }

    async fn start_with(listen: SocketAddr, socket_path: &Path, shelf: Shelf) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            let why = format!("{listen} is not on the loopback: anyone could send traces there");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let socket = bind(socket_path).await?;
        let incoming = TcpIncoming::bind(listen)?;
        let address = incoming.local_addr()?;
        let server = Server::builder()
            .add_service(TraceServiceServer::new(shelf.clone()))
            .add_service(MetricsServiceServer::new(Forgetful))
            .serve_with_incoming(incoming);
        let mut tasks = JoinSet::new();
        tasks.spawn(async {
            if let Err(error) = server.await {
                eprintln!("the trace keeper stopped: {error}");
            }
        });
        tasks.spawn(answer_all(socket, shelf));
        Ok(Self { address, socket_path: socket_path.to_owned(), _tasks: tasks })
    }

    /// Where exporters send: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.socket_path);
    }
}

async fn bind(path: &Path) -> io::Result<UnixListener> {
    let socket = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(error);
            }
            // Nobody answers there any longer.
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        bound => bound?,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(socket)
}

async fn answer_all(socket: UnixListener, shelf: Shelf) {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            asked = socket.accept() => match asked {
                Ok((stream, _)) => {
                    let shelf = shelf.clone();
                    answers.spawn(async move {
                        // Whoever asks and goes away, or does not ask, is left to themselves.
                        let _ = tokio::time::timeout(PATIENCE, answer(stream, &shelf)).await;
                    });
                }
                // Out of file descriptors, most likely: some come back.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = answers.join_next() => (),
        }
    }
}

async fn answer(stream: UnixStream, shelf: &Shelf) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut question = String::new();
    BufReader::new(reader.take(LONGEST_QUESTION)).read_line(&mut question).await?;
    let Some(trace_id) = question.trim_end().strip_prefix("GET ").filter(|id| is_trace_id(id)) else {
        return writer.write_all(b"ERROR expected: GET <trace id, 32 hexadecimal digits>\n").await;
    };
    let mut lines = Vec::new();
    for span in shelf.of_trace(trace_id) {
        serde_json::to_writer(&mut lines, &span)?;
        lines.push(b'\n');
    }
    writer.write_all(&lines).await?;
    writer.shutdown().await
}

fn is_trace_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Asks the keeper at `socket_path` for a trace: its spans and those that link to it, in order of arrival. None when it is
/// not known, no longer, or not yet: exporters send every half second.
///
/// # Errors
/// When the id is none, when there is no keeper, or when it does not answer within five seconds.
pub async fn query(socket_path: &Path, trace_id: &str) -> io::Result<Vec<KeptSpan>> {
    let trace_id = trace_id.to_ascii_lowercase();
    if !is_trace_id(&trace_id) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a trace id has 32 hexadecimal digits"));
    }
    let asked = async {
        let mut stream = UnixStream::connect(socket_path).await?;
        stream.write_all(format!("GET {trace_id}\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        answer.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
    };
    tokio::time::timeout(PATIENCE, asked).await?
}

/// Prints spans as trees, children in order of their start: how long after the root each began, how long it took, how it
/// ended. A span of another trace that links here stands below what it links to, after an arrow.
///
/// # Errors
/// When `writer` does not take it.
pub fn print_tree(spans: &[KeptSpan], writer: &mut impl Write) -> io::Result<()> {
    let mut spans: Vec<&KeptSpan> = spans.iter().collect();
    spans.sort_by_key(|span| span.start);
    let known: HashSet<Link> = spans.iter().map(|span| span.itself()).collect();
    let mut below: HashMap<Link, Vec<Branch<'_>>> = HashMap::new();
    let mut roots = Vec::new();
    for span in spans {
        let parent = Link { trace_id: span.trace_id.clone(), span_id: span.parent_span_id.clone() };
        let linked: Vec<&Link> = span.links.iter().filter(|link| known.contains(link)).collect();
        let by_link = linked.iter().any(|link| link.trace_id != span.trace_id);
        if known.contains(&parent) && parent != span.itself() {
            below.entry(parent).or_default().push(Branch { span, linked: false });
        } else if !by_link {
            roots.push(span);
        }
        for link in linked {
            below.entry(link.clone()).or_default().push(Branch { span, linked: true });
        }
    }
    for root in roots {
        writeln!(writer, "trace {}", root.trace_id)?;
        print_branches(root, &below, writer)?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Branch<'a> {
    span: &'a KeptSpan,
    linked: bool,
}

fn print_branches(root: &KeptSpan, below: &HashMap<Link, Vec<Branch<'_>>>, writer: &mut impl Write) -> io::Result<()> {
    // A list of what is left instead of recursion: how deep a trace is, is up to who sends it.
    let mut left = vec![(0, Branch { span: root, linked: false })];
    let mut printed: HashSet<Link> = HashSet::new();
    while let Some((depth, branch)) = left.pop() {
        print_span(root.start, depth, branch, writer)?;
        if printed.insert(branch.span.itself()) {
            let children = below.get(&branch.span.itself()).into_iter().flatten().rev();
            left.extend(children.map(|child| (depth + 1, *child)));
        }
    }
    Ok(())
}

fn print_span(began: u64, depth: usize, branch: Branch<'_>, writer: &mut impl Write) -> io::Result<()> {
    let Branch { span, linked } = branch;
    let indent = "  ".repeat(depth);
    let arrow = if linked { "~> " } else { "" };
    let status = match (&span.failed, span.attributes.get("rpc.response.status_code")) {
        (Some(reason), _) => format!("FAILED {reason}"),
        (None, Some(status)) => status.clone(),
        (None, None) => "ok".to_owned(),
    };
    let line = format!(
        "{indent}{arrow}{}  {}  +{}  {} ms  {status}",
        span.service,
        span.name,
        milliseconds(span.start.saturating_sub(began)),
        milliseconds(span.nanoseconds)
    );
    // What a sender wrote must not steer the terminal.
    let harmless: String = line.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect();
    writeln!(writer, "{}", harmless.trim_end())
}

/// Nanoseconds as milliseconds with two decimals.
fn milliseconds(nanoseconds: u64) -> String {
    let hundredths = nanoseconds / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{self as otlp, ResourceSpans, ScopeSpans};

    use super::*;

    const TRACE: &str = "0000000000000000000000000000000a";
    const OTHER: &str = "0000000000000000000000000000000b";

    fn id(number: u64) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }

    fn trace(number: u128) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }

    /// A span of trace `a` that began after `number` milliseconds.
    fn span(number: u64, parent: u64, name: &str) -> Span {
        Span {
            trace_id: trace(0xa),
            span_id: id(number),
            parent_span_id: if parent == 0 { Vec::new() } else { id(parent) },
            name: name.to_owned(),
            start_time_unix_nano: number * 1_000_000,
            end_time_unix_nano: number * 1_000_000 + 2_345_678,
            ..Span::default()
        }
    }

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
        KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
    }

    fn group(service: &str, spans: Vec<Span>) -> ResourceSpans {
        ResourceSpans {
            resource: Some(Resource { attributes: vec![attribute("service.name", service)], ..Resource::default() }),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }
    }

    async fn send(keeper: &Keeper, groups: Vec<ResourceSpans>) {
        let mut client = TraceServiceClient::connect(keeper.endpoint()).await.unwrap();
        client.export(ExportTraceServiceRequest { resource_spans: groups }).await.unwrap();
    }

    fn loopback() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    #[tokio::test]
    async fn a_trace_across_services_is_printed_as_a_tree() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("traces.sock");
        let keeper = Keeper::start(loopback(), &socket).await.unwrap();

        let mut root = span(1, 0, "mahila.intake.v1.ComplaintService/RegisterComplaint");
        root.attributes.push(attribute("rpc.response.status_code", "OK"));
        let mut apply = span(4, 1, "feed.apply");
        apply.status = Some(otlp::Status { code: StatusCode::Error.into(), message: "DATABASE_AWAY\u{1b}[31m".into() });
        // A transaction that stands in another trace, for a call that came with ours.
        let mut shared = Span { trace_id: trace(0xb), ..span(3, 9, "write.batch") };
        shared.links.push(otlp::span::Link { trace_id: trace(0xa), span_id: id(1), ..Default::default() });
        let elsewhere = Span { trace_id: trace(0xb), ..span(9, 0, "elsewhere") };
        // Children may arrive before their parents.
        send(&keeper, vec![group("oversight", vec![apply])]).await;
        let intake = group("complaint-intake", vec![span(2, 1, "resolve scope"), root, shared, elsewhere]);
        send(&keeper, vec![intake]).await;

        let spans = query(&socket, &TRACE.to_uppercase()).await.unwrap();
        assert_eq!(spans.len(), 4);
        let mut tree = Vec::new();
        print_tree(&spans, &mut tree).unwrap();
        let expected = "\
trace 0000000000000000000000000000000a
complaint-intake  mahila.intake.v1.ComplaintService/RegisterComplaint  +0.00  2.34 ms  OK
  complaint-intake  resolve scope  +1.00  2.34 ms  ok
  ~> complaint-intake  write.batch  +2.00  2.34 ms  ok
  oversight  feed.apply  +3.00  2.34 ms  FAILED DATABASE_AWAY?[31m
";
        assert_eq!(String::from_utf8(tree).unwrap(), expected);
        assert_eq!(query(&socket, OTHER).await.unwrap().len(), 2);
        assert!(query(&socket, &TRACE.replace('a', "c")).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_oldest_spans_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("traces.sock");
        let by_count = Keeper::start_with(loopback(), &socket, Shelf::new(10, usize::MAX)).await.unwrap();
        send(&by_count, vec![group("a", (1..=25).map(|number| span(number, 0, "s")).collect())]).await;
        let spans = query(&socket, TRACE).await.unwrap();
        assert_eq!((spans.len(), &*spans[0].span_id), (10, "0000000000000010"));
        drop(by_count);
        let by_bytes = Keeper::start_with(loopback(), &socket, Shelf::new(1_000, 4_096)).await.unwrap();
        send(&by_bytes, vec![group("a", (1..=25).map(|number| span(number, 0, "s")).collect())]).await;
        let long = "x".repeat(5_000);
        assert!((5..25).contains(&query(&socket, TRACE).await.unwrap().len()));
        send(&by_bytes, vec![group("a", vec![span(1, 0, &long)])]).await;
        assert!(query(&socket, TRACE).await.unwrap().is_empty(), "one that is too large for all is not kept");
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("traces.sock");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let keeper = Keeper::start(loopback(), &socket).await.unwrap();
        assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
        let second = Keeper::start(loopback(), &socket).await;
        assert_eq!(second.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(query(&socket, TRACE).await.unwrap().is_empty(), "the first one still answers");
        drop(keeper);
        assert!(!socket.exists());
        assert_eq!(query(&socket, TRACE).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn what_is_no_question_is_answered_with_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("traces.sock");
        let keeper = Keeper::start(loopback(), &socket).await.unwrap();
        for question in ["GET x\n", "PUT\n", "", &"x".repeat(60_000)] {
            let mut stream = UnixStream::connect(&socket).await.unwrap();
            // The answer may come, and the stream end, before all of it is sent.
            let _ = stream.write_all(question.as_bytes()).await;
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(question.len() > 100 || answer.starts_with(b"ERROR"), "{question}");
        }
        assert!(query(&socket, TRACE).await.unwrap().is_empty(), "it goes on answering");
        assert_eq!(query(&socket, "x").await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let mut metrics = MetricsServiceClient::connect(keeper.endpoint()).await.unwrap();
        metrics.export(ExportMetricsServiceRequest::default()).await.unwrap();
    }

    #[tokio::test]
    async fn it_listens_on_the_loopback_alone() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Keeper::start(([0, 0, 0, 0], 0).into(), &folder.path().join("s")).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_span_that_is_its_own_ancestor_does_not_print_for_ever() {
        let kept = |number, parent| KeptSpan::new("a", span(number, parent, "s"));
        let mut linked = kept(3, 0);
        linked.links.push(linked.itself());
        let mut tree = Vec::new();
        print_tree(&[kept(1, 1), linked], &mut tree).unwrap();
        assert_eq!(String::from_utf8(tree).unwrap().lines().count(), 5);
        // A circle of two has no root, so there is nothing to begin at.
        print_tree(&[kept(1, 2), kept(2, 1)], &mut Vec::new()).unwrap();
    }
}
