//! Connections of clients that take their time.

use std::sync::Arc;

use gyre_base::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::Server;

/// A server on a port of its own, and a connection to it on which `sent` was sent.
async fn connected(server: &Server, sent: &[u8]) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(server.clock.clone());
    let stop = CancellationToken::new();
    tokio::spawn(gyre_api::serve(
        listener,
        server.router.clone(),
        clock,
        stop,
    ));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(sent).await.unwrap();
    client
}

#[tokio::test]
async fn a_connection_without_a_request_is_ended_after_a_minute() {
    let server = Server::start().await;
    // `P` may yet become `POST` or the beginning of HTTP/2
    for sent in [&b""[..], b"P"] {
        let before = server.clock.sleepers();
        let mut client = connected(&server, sent).await;
        while server.clock.sleepers() == before {
            tokio::task::yield_now().await;
        }
        server.clock.advance_ms(61_000).await;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_connection_with_a_request_lives_on() {
    let server = Server::start().await;
    let request = b"GET /healthz HTTP/1.1\r\nhost: shop.test\r\n\r\n";
    let mut client = connected(&server, request).await;
    let mut first = [0_u8; 15];
    client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    server.clock.advance_ms(61_000).await;
    let last = b"GET /healthz HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n";
    client.write_all(last).await.unwrap();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 200 OK"), "{rest}");
}
