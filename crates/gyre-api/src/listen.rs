//! Connections: HTTP/1.1 and HTTP/2 on one port, with time limits, drained at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use gyre_base::{Clock, SECOND_MS};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A client has this long to send the head of a request.
const HEAD_SECONDS_MAX: u64 = 30;
/// A new connection has this long until its first request: the time for a head, and one to connect before it is needed.
const FIRST_REQUEST_MS_MAX: i64 = 60 * SECOND_MS;
/// Requests under way have this long to end when the server stops.
const DRAIN_MS: i64 = 10 * SECOND_MS;
/// Pause after a failed accept: the process is out of descriptors, and trying at once would only spin.
const ACCEPT_PAUSE_MS: i64 = 100;

/// Serves until `stop`, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => {
                    // answers are small and wait for an fsync: sending them at once matters
                    let _ = tcp.set_nodelay(true);
                    connect(TokioIo::new(tcp), peer, router.clone(), &graceful, clock.as_ref());
                }
                Err(error) => {
                    tracing::warn!(error = %error, "failed to accept a connection");
                    clock.sleep_ms(ACCEPT_PAUSE_MS).await;
                }
            }
        }
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = clock.sleep_ms(DRAIN_MS) => tracing::warn!("requests were still under way"),
    }
}

fn connect(
    io: TokioIo<tokio::net::TcpStream>,
    peer: SocketAddr,
    router: Router,
    graceful: &GracefulShutdown,
    clock: &dyn Clock,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX));
    builder.http2().timer(TokioTimer::new());
    let begun = CancellationToken::new();
    let first = begun.clone();
    let router = router
        .layer(axum::Extension(ConnectInfo(peer)))
        .layer(map_request(move |request: Request| {
            first.cancel();
            std::future::ready(request)
        }));
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(io, service).into_owned();
    let watched = graceful.watch(connection);
    let late = clock.sleep_ms(FIRST_REQUEST_MS_MAX);
    tokio::spawn(async move {
        tokio::pin!(watched);
        // the limit for heads counts from when the version of HTTP is known, and who sends nothing never tells it
        let ended = tokio::select! {
            ended = &mut watched => ended,
            () = begun.cancelled() => watched.await,
            () = late => return,
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "connection ended");
        }
    });
}
