import { type FailureKind, failures } from './failures/table.ts';
import { foreignText } from './foreign-text.ts';
import { count, oneLine, sentence } from './text.ts';

/** What a service answered, as far as a person or the service's support needs it. */
export interface ServiceResponse {
  /** Messages in the service's own words, each with its code if it has one. */
  readonly messages: readonly { readonly code?: number | undefined; readonly message: string }[];
  /** How many more messages there are. */
  readonly omitted?: number;
  readonly httpStatus?: number | undefined;
  /** The header `cf-ray`, which identifies a request to Cloudflare's support. */
  readonly rayId?: string;
  /** Whether it certainly comes from the service, since it has the service's own mark; it may be a proxy's otherwise. */
  readonly isGenuine?: boolean;
}

export interface FailureOptions {
  readonly response?: ServiceResponse | undefined;
  readonly cause?: unknown;
}

/** An error whose message says what failed, what the service answered, and what to do next. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** What failed, without a full stop; one line for each problem if there are several. */
  readonly what: string;
  readonly response: ServiceResponse | undefined;
  /** Whether `what` says how far the work had come. */
  #hasProgress = false;

  constructor(kind: FailureKind, what: string, { response, cause }: FailureOptions = {}) {
    const { advice, service } = failures[kind];
    const parts = [sentence(what), describeResponse(response, service), advice].filter(Boolean);
    super(parts.join(what.includes('\n') ? '\n' : ' '), { cause });
    this.kind = kind;
    this.what = what;
    this.response = response;
  }

  /** What the service answered, as a sentence; empty if it did not answer, or nothing that helps. */
  get answer(): string {
    return describeResponse(this.response, failures[this.kind].service);
  }

  /** Whether the end of the step is the cause: its time limit, or a cancellation. */
  get isEndOfStep(): boolean {
    return this.kind === 'time-over' || this.kind === 'cancelled';
  }

  /** The failure that this one describes further; itself if there is none. */
  get origin(): Failure {
    const { cause, kind } = this;
    return cause instanceof Failure && cause.kind === kind ? cause.origin : this;
  }

  /** The failure itself; anything else that was thrown becomes an `unexpected` failure. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const what = Error.isError(error) ? `${error.name}: ${error.message}` : String(error);
    return new Failure(
      'unexpected',
      `Something unexpected went wrong: ${foreignText(what, 'an error', maxErrorLength)}`,
      { cause: error },
    );
  }

  /** The same failure with another description, such as one that names what could not be done. */
  describedAs(what: string, response = this.response): Failure {
    const failure = new Failure(this.kind, what, { response, cause: this });
    failure.#hasProgress = this.#hasProgress;
    return failure;
  }

  /** The same failure with a note on how far the work had come, unless it has one. */
  withProgress(progress: string): Failure {
    if (this.#hasProgress) return this;
    const failure = this.describedAs(`${this.what}; ${progress}`);
    failure.#hasProgress = true;
    return failure;
  }
}

/** The longest message of an unexpected error, in UTF-16 units. */
const maxErrorLength = 1000;

/** GitHub cuts annotations at 4,096 characters, which must have room for more than this. */
const maxQuotedLength = 2000;

function describeResponse(response: ServiceResponse | undefined, service: string | undefined): string {
  const facts = response && responseFacts(response);
  if (!facts) return '';
  const isCertain = response.isGenuine || service === 'the proxy';
  const intro = service && isCertain ? `${service.replace(/^t/, 'T')} answered` : 'The response was';
  return `${intro}: ${facts}.`;
}

/** What a service answered, in its own words and facts; empty if there is nothing to say. */
export function responseFacts(response: ServiceResponse): string {
  const { httpStatus, messages, rayId } = response;
  const [first] = messages;
  const facts = [
    ...(first?.code === undefined ? [] : [`code ${first.code}`]),
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(rayId === undefined ? [] : [`Ray ID ${rayId}`]),
  ].join(', ');
  const words = quoteMessages(response);
  return words ? `${words}${facts && ` (${facts})`}` : facts;
}

/** As many messages as leave room for the advice, in quotes, and how many more there are. */
function quoteMessages({ messages, omitted = 0 }: ServiceResponse): string {
  const quoted = messages
    .filter(({ message }) => message !== '')
    .map(({ message }) => `“${oneLine(message)}”`);
  const shown = quoted.filter((_, index) => quoted.slice(0, index + 1).join('').length <= maxQuotedLength);
  const more = quoted.length - shown.length + omitted;
  return [...shown, ...(more > 0 ? [`and ${count(more, 'more message')}`] : [])].join(', ');
}
