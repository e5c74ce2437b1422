// Calls a Segrid server: transforms SendGrid's e-mail events into Segment Tracks, or hands them over for delivery.
import type { DeadLetter } from "./types/segrid/v1/DeadLetter";
import type { DeadLetterFilterInput } from "./types/segrid/v1/DeadLetterFilter";
import type { DropSourceResponse } from "./types/segrid/v1/DropSourceResponse";
import type { ErasePersonResponse } from "./types/segrid/v1/ErasePersonResponse";
import type { EventIssue } from "./types/segrid/v1/EventIssue";
import type { ForwardResponse } from "./types/segrid/v1/ForwardResponse";
import type { ListSourcesResponse } from "./types/segrid/v1/ListSourcesResponse";
import type { ReloadConfigResponse } from "./types/segrid/v1/ReloadConfigResponse";
import type { SendGridEventInput } from "./types/segrid/v1/SendGridEvent";
import type { ServerStatus } from "./types/segrid/v1/ServerStatus";
import type { TailTracksResponse } from "./types/segrid/v1/TailTracksResponse";
import type { Track } from "./types/segrid/v1/Track";
import type { TransformResponse } from "./types/segrid/v1/TransformResponse";

export type {
  DeadLetter, DeadLetterFilterInput, DropSourceResponse, ErasePersonResponse, EventIssue, ForwardResponse, ListSourcesResponse, ReloadConfigResponse,
  SendGridEventInput, ServerStatus, TailTracksResponse, Track, TransformResponse,
};

/** TLS towards the server. The files are read once, when connecting. */
export interface TlsOptions {
  /** Authorities of the server's certificate. Default: those that Node has. */
  caFile?: string;
  /** The client's own certificate and key, for servers that ask for one (mTLS). Both or neither. */
  certFile?: string;
  keyFile?: string;
  /** The name in the server's certificate. Default: the host of the address. */
  serverName?: string;
}

/** How calls are repeated. No call takes longer than its timeout. */
export interface RetryOptions {
  /** Tries that reach a server, the first included: 1 to 100; 1: nothing is repeated. Default: 20. */
  maxAttempts?: number;
  /** Milliseconds for one try; a forward with `waitDelivered` may use all of the call's time. Default: 2,000. */
  attemptTimeoutMs?: number;
  /** The wait is random up to a bound that doubles from the first to the second. Default: 50 and 1,000 ms. */
  initialBackoffMs?: number;
  maxBackoffMs?: number;
  /** Retries in a row of all calls of a client; each success returns 0.1. Default: 1,000. */
  budget?: number;
}

export interface ClientOptions {
  /** Default: no TLS, for loopback, Unix sockets and private networks. */
  tls?: TlsOptions;
  /** Sent as `authorization: Bearer …`. Needs `tls`, or an address on this machine. */
  token?: string;
  /** Milliseconds for a whole call, retries included: 1 to 86,400,000. Default: 10,000. */
  timeoutMs?: number;
  retry?: RetryOptions;
}

export interface StreamOptions {
  timeoutMs?: number;
}

export interface CallOptions extends StreamOptions {
  /** Ends the call with CANCELLED, `STOPPED`. The server may or may not have done it. */
  signal?: AbortSignal;
}

/** A body as SendGrid posted it, or an array of such events. */
export type Events = string | Uint8Array | readonly object[];

/** What became of an event: exactly one of `track` and `issue` is set. */
export interface Outcome {
  index: number;
  track?: Track;
  issue?: EventIssue;
}

/** What became of a batch: exactly one of `response` and `error` is set. `index` is the batch's position, 0-based. */
export interface StreamAnswer<Response> {
  index: number;
  response?: Response;
  error?: SegridError;
}

/** A call failed as a whole. Compare `code` and `reason` in programs, because `message` may change at any time. */
export class SegridError extends Error {
  /** The gRPC code and its name. */
  readonly code: number;
  readonly codeName: string;
  /**
   * Stable, such as "QUEUE_FULL" (docs/errors.md lists them); "" when the response has none. The client's own are
   * "NOT_CONNECTED", "STOPPED", "CLOSED" and "IMPOSSIBLE_ANSWER".
   */
  readonly reason: string;
  /** Milliseconds after which the same call may succeed; undefined when the server gave no hint. */
  readonly retryAfterMs?: number;
  /** The wrong fields, in the order of the request. */
  readonly violations: readonly { field: string; description: string }[];
  /** Position of the first event that `violations` names, 0-based. */
  readonly index?: number;
  /** Values that the message also has, such as the limit that was exceeded. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How often the server was asked. */
  readonly attempts: number;
}

/** For each event, in order: its Track, or the issue that says why there is none. */
export function outcomes(response: TransformResponse): IterableIterator<Outcome>;

/** The methods of AdminService. */
export interface Admin {
  listSources(options?: CallOptions): Promise<ListSourcesResponse>;
  getStatus(options?: CallOptions): Promise<ServerStatus>;
  /** A status every `intervalMs` (default: 1,000). The call ends with the loop over it. */
  watchStatus(options?: StreamOptions & { intervalMs?: number }): AsyncIterableIterator<ServerStatus>;
  /** Tracks as they are accepted. The call ends with the loop over it. */
  tailTracks(options?: StreamOptions & { sources?: string[]; sampleRatio?: number }): AsyncIterableIterator<TailTracksResponse>;
  pauseSource(source: string, options?: CallOptions): Promise<void>;
  resumeSource(source: string, options?: CallOptions): Promise<void>;
  /** All dead letters that fit, page by page. */
  listDeadLetters(
    filter: DeadLetterFilterInput, options?: CallOptions & { pageSize?: number; includeTrackJson?: boolean },
  ): AsyncIterableIterator<DeadLetter>;
  /** Queues them again; gives their number. */
  replayDeadLetters(filter: DeadLetterFilterInput, options?: CallOptions): Promise<string>;
  /** Deletes them; gives their number. */
  purgeDeadLetters(filter: DeadLetterFilterInput, options?: CallOptions): Promise<string>;
  /** Deletes what the queue has of a source that the configuration no longer has. */
  dropSource(source: string, options?: CallOptions): Promise<DropSourceResponse>;
  /** Deletes what the queue has of one person, who has either an `email` or a `userId`. It may take minutes: default 10. */
  erasePerson(
    person: { email?: string; userId?: string; source?: string }, options?: CallOptions & { dryRun?: boolean },
  ): Promise<ErasePersonResponse>;
  reloadConfig(options?: CallOptions): Promise<ReloadConfigResponse>;
  /** Stops the server after what runs. */
  drain(options?: CallOptions): Promise<void>;
}

/**
 * A connection to a Segrid server; make one, and share it. Every call has a deadline. Calls that failed for a moment are
 * repeated, because transform has no effect and a forward keeps its idempotency key. Calls reject with SegridError.
 */
export class Client {
  /** `address`: `host:port`, `unix:/path`, or a name of gRPC's. Default: `127.0.0.1:50051`. */
  constructor(address?: string, options?: ClientOptions);
  readonly admin: Admin;
  /** Ends the connection after the calls that run. */
  close(): void;

  /** Turns events into Tracks and gives them back; nothing is stored or sent. A bad event is an issue of the response. */
  transform(
    events: Events, options?: CallOptions & { source?: string; output?: "OUTPUT_TRACKS" | "OUTPUT_BATCH_JSON"; typed?: false },
  ): Promise<TransformResponse>;
  transform(
    events: readonly SendGridEventInput[],
    options: CallOptions & { source?: string; output?: "OUTPUT_TRACKS" | "OUTPUT_BATCH_JSON"; typed: true },
  ): Promise<TransformResponse>;

  /**
   * Queues events for delivery; when it resolves, a durable queue has synced them to disk. `sources`: those that get them;
   * none: all. `waitDelivered`: waits until the receivers have them, or the call's time is nearly over. `idempotencyKey`
   * names this call, so that a repeated one counts nothing twice; default: a random one. `typed`: the events have the fields
   * of sendgrid_event.proto, not those of SendGrid's JSON.
   */
  forward(
    events: Events, options?: CallOptions & { sources?: string[]; waitDelivered?: boolean; idempotencyKey?: string; typed?: false },
  ): Promise<ForwardResponse>;
  forward(
    events: readonly SendGridEventInput[],
    options: CallOptions & { sources?: string[]; waitDelivered?: boolean; idempotencyKey?: string; typed: true },
  ): Promise<ForwardResponse>;

  /** Transform for many batches over one stream, whose time is `timeoutMs`. Nothing is repeated. */
  transformStream(
    batches: Iterable<Events> | AsyncIterable<Events>, options?: StreamOptions & { source?: string },
  ): AsyncIterableIterator<StreamAnswer<TransformResponse>>;
  /** Forward for many batches over one stream; answers may have another order than the batches. */
  forwardStream(
    batches: Iterable<Events> | AsyncIterable<Events>, options?: StreamOptions & { sources?: string[]; waitDelivered?: boolean },
  ): AsyncIterableIterator<StreamAnswer<ForwardResponse>>;
}
