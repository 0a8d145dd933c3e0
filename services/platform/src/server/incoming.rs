//! Connections as they come in: accepted, given their handshake, and ended at their age.
//!
//! Handshakes run beside each other, so that a peer who is slow, or says nothing, holds up nobody. Each is made with what the
//! files of `server.tls` hold at that moment.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::{Stream, TryStreamExt as _, stream};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected, TcpIncoming};

/// How handshakes are bounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// So many at once; whoever comes then waits in the kernel's queue.
    pub(super) at_once: usize,
    /// A handshake that takes longer is given up.
    pub(super) each: Duration,
    /// The same when there is no room for another.
    pub(super) when_full: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { at_once: 256, each: Duration::from_secs(10), when_full: Duration::from_secs(1) }
    }
}

/// A log says at most this often that somebody was turned away.
const TOLD: Duration = Duration::from_secs(10);

/// Connections in plain text.
pub(super) fn plain(listener: TcpListener, age: Duration) -> impl Stream<Item = io::Result<Aged<TcpStream>>> {
    // Without it a lone answer waits for the peer's delayed acknowledgement: 40 ms, measured.
    TcpIncoming::from(listener).with_nodelay(Some(true)).map_ok(move |connection| Aged::new(connection, age))
}

/// Connections with TLS, each as `config` has it when its handshake begins.
pub(super) fn secured(
    listener: TcpListener,
    config: Arc<ArcSwap<ServerConfig>>,
    bounds: Bounds,
    age: Duration,
) -> impl Stream<Item = io::Result<Aged<TlsStream<TcpStream>>>> {
    let handshakes = Handshakes {
        listener,
        config,
        bounds,
        running: JoinSet::new(),
        begun: VecDeque::new(),
        turned_away: 0,
        told: None,
    };
    stream::unfold(handshakes, move |mut handshakes| async move {
        let connection = handshakes.next().await;
        Some((Ok(Aged::new(connection, age)), handshakes))
    })
}

type Handshake = Result<TlsStream<TcpStream>, (SocketAddr, io::Error)>;

struct Handshakes {
    listener: TcpListener,
    config: Arc<ArcSwap<ServerConfig>>,
    bounds: Bounds,
    running: JoinSet<Handshake>,
    /// The running ones and some that have ended, the longest first.
    begun: VecDeque<(Instant, AbortHandle)>,
    turned_away: u64,
    told: Option<Instant>,
}

impl Handshakes {
    async fn next(&mut self) -> TlsStream<TcpStream> {
        loop {
            while self.begun.front().is_some_and(|(_, handshake)| handshake.is_finished()) {
                self.begun.pop_front();
            }
            let full = self.running.len() >= self.bounds.at_once;
            let longest = self.begun.front().map_or_else(Instant::now, |(begun, _)| *begun);
            tokio::select! {
                accepted = self.listener.accept(), if !full => match accepted {
                    Ok((connection, peer)) => self.begin(connection, peer),
                    Err(error) => {
                        tracing::debug!(%error, "a connection could not be accepted");
                        // Where there are no descriptors left, the next one fails as well.
                        sleep(Duration::from_millis(20)).await;
                    }
                },
                Some(ended) = self.running.join_next() => match ended {
                    Ok(Ok(connection)) => return connection,
                    Ok(Err((peer, error))) => self.failed(peer, &error),
                    // It gave way.
                    Err(_) => {}
                },
                () = sleep_until(longest + self.bounds.when_full), if full => {
                    if let Some((_, handshake)) = self.begun.pop_front() {
                        handshake.abort();
                    }
                }
            }
        }
    }

    fn begin(&mut self, connection: TcpStream, peer: SocketAddr) {
        // It fails where the peer has gone already; then so does the handshake.
        let _ = connection.set_nodelay(true);
        let acceptor = TlsAcceptor::from(self.config.load_full());
        let each = self.bounds.each;
        let handshake = self.running.spawn(async move {
            let ended = timeout(each, acceptor.accept(connection)).await;
            ended.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| (peer, error))
        });
        self.begun.push_back((Instant::now(), handshake));
    }

    /// Scanners and probes fail every day, and are nobody's concern; certificates that are not taken are somebody's.
    fn failed(&mut self, peer: SocketAddr, error: &io::Error) {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let of_certificates = matches!(
            fault,
            Some(
                rustls::Error::InvalidCertificate(_)
                    | rustls::Error::NoCertificatesPresented
                    | rustls::Error::AlertReceived(_)
            )
        );
        if !of_certificates {
            tracing::debug!(%peer, %error, "a handshake failed");
            return;
        }
        self.turned_away += 1;
        if self.told.is_none_or(|told| told.elapsed() >= TOLD) {
            tracing::warn!(%peer, %error, count = self.turned_away, "a certificate was not taken; nothing was exchanged");
            (self.turned_away, self.told) = (0, Some(Instant::now()));
        }
    }
}

/// A connection that ends at its age, whatever runs on it. The server asks its peer to leave some time before; tonic's own way
/// to end it afterwards (`max_connection_age_grace`, 0.14) leaves out the asking.
#[derive(Debug)]
pub(super) struct Aged<T> {
    connection: T,
    end: Pin<Box<Sleep>>,
}

impl<T> Aged<T> {
    fn new(connection: T, age: Duration) -> Self {
        Self { connection, end: Box::pin(sleep(age)) }
    }
}

impl<T: Connected> Connected for Aged<T> {
    type ConnectInfo = T::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.connection.connect_info()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Aged<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.connection).poll_read(context, buffer) {
            return Poll::Ready(read);
        }
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Aged<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::AsyncReadExt as _;
    use tokio_stream::StreamExt as _;

    use super::*;
    use crate::tls::server_config;

    #[tokio::test]
    async fn a_handshake_that_takes_too_long_is_given_up() {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = server_config(vec![certificate.der().clone()], key, None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut mute = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let bounds = Bounds { at_once: 1, each: Duration::from_millis(10), when_full: Duration::from_hours(1) };
        let config = Arc::new(ArcSwap::from_pointee(config));
        let mut incoming = Box::pin(secured(listener, config, bounds, Duration::from_hours(1)));
        tokio::select! {
            _ = incoming.next() => panic!("it said nothing"),
            left = mute.read_u8() => assert_eq!(left.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_at_its_age() {
        let (connection, mut peer) = tokio::io::duplex(16);
        let mut aged = Aged::new(connection, Duration::from_mins(30));
        tokio::io::AsyncWriteExt::write_all(&mut peer, b"x").await.unwrap();
        assert_eq!(aged.read_u8().await.unwrap(), b'x');
        let begun = Instant::now();
        assert_eq!(aged.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), Duration::from_mins(30));
    }
}
