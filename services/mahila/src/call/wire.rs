//! Calls of a method that is known by its descriptor only.

use http::uri::PathAndQuery;
use platform::client::{Peer, PeerChannel};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tokio_stream::Stream;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status, Streaming};

/// An answer may be as large as any server of the suite can be set to send.
const LARGEST: usize = 64 * 1024 * 1024;

/// What a call came to.
pub(super) enum Answer {
    /// One message.
    One(DynamicMessage),
    /// Many, as they come.
    Many(Streaming<DynamicMessage>),
}

/// Calls a method. `requests` is one message, unless the method takes many.
///
/// # Errors
/// What the server answers, or `UNAVAILABLE` when nobody does.
pub(super) async fn call(
    peer: &Peer,
    method: &MethodDescriptor,
    requests: Request<impl Stream<Item = DynamicMessage> + Send + 'static>,
) -> Result<Answer, Status> {
    let mut grpc: Grpc<PeerChannel> = Grpc::new(peer.channel()).max_decoding_message_size(LARGEST);
    grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = PathAndQuery::from_maybe_shared(path).map_err(|_| Status::internal("not a path"))?;
    let codec = DynamicCodec { answer: method.output() };
    if method.is_server_streaming() {
        Ok(Answer::Many(grpc.streaming(requests, path, codec).await?.into_inner()))
    } else {
        // On the wire one message is a stream of one.
        Ok(Answer::One(grpc.client_streaming(requests, path, codec).await?.into_inner()))
    }
}

#[derive(Debug, Clone)]
struct DynamicCodec {
    answer: MessageDescriptor,
}

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.answer.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
