/**
 * `HttpResponse` and `HttpError`: how a request ended, as a model sees it.
 *
 * @module
 */
import { hideInText } from "~/base/secrets/hide_credentials.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import type { HttpResponse as PublicResponse } from "~/sandbox/guest/api.ts";
import { modelError, rememberError } from "~/sandbox/guest/host_error.ts";
import type { EgressResponse } from "~/sandbox/protocol.ts";
import { parseLinks } from "./parse_links.ts";

const SHOWN_BODY = 200;
const BYTE_ORDER_MARK = "\ufeff";

/** What is told of a model that looks at an answer. */
export interface Watchers {
  /** It looks at the body. */
  onRead?: () => void;
  /** It looks at the body, the status or the headers. */
  onLook?: (() => void) | undefined;
}

/** See `HttpResponse` in `api.ts`. Headers, text and JSON are made when they are asked for. */
export class HttpResponse implements PublicResponse {
  readonly url: string;
  #status: number;
  #request: () => string;
  #watchers: Watchers;
  #isOurs = false;
  #body: EgressResponse["body"];
  #bytes: Uint8Array | undefined;
  #rawHeaders: EgressResponse["headers"];
  #headers: Headers | undefined;
  #links: Readonly<Record<string, string>> | undefined;
  #text: string | undefined;
  #json: { value: unknown } | undefined;

  /** @param request Method and URL, masked, for messages. */
  constructor(request: () => string, answer: EgressResponse, watchers: Watchers = {}) {
    this.#status = answer.status ?? 0;
    this.url = answer.url;
    this.#body = answer.body;
    this.#request = request;
    this.#watchers = watchers;
    this.#rawHeaders = answer.headers;
  }

  /** Looks at an answer for Spoor itself, not for the model. */
  static ours<T>(response: HttpResponse, look: (response: HttpResponse) => T): T {
    response.#isOurs = true;
    try {
      return look(response);
    } finally {
      response.#isOurs = false;
    }
  }

  get status(): number {
    this.#look();
    return this.#status;
  }

  get bytes(): Uint8Array {
    this.#read();
    this.#bytes ??= typeof this.#body === "string"
      ? new TextEncoder().encode(this.#body)
      : this.#body;
    return this.#bytes;
  }

  /** The error of an answer that is no success. */
  static errorOf(response: HttpResponse): HttpError {
    const error = new HttpError(describeRefusal(response.#request(), response, {}), response);
    rememberError(error, {
      hint: "It was returned as if it were a row: look at its status, and return the row.",
    });
    return error;
  }

  get ok(): boolean {
    this.#look();
    return isSuccess(this.#status);
  }

  get headers(): Headers {
    this.#look();
    this.#headers ??= new Headers(this.#rawHeaders.map(([name, value]) => [name, value]));
    return this.#headers;
  }

  get links(): Readonly<Record<string, string>> {
    this.#links ??= parseLinks(this.headers.get("link") ?? "", this.url);
    return this.#links;
  }

  get text(): string {
    this.#read();
    this.#text ??= this.#decode();
    return this.#text;
  }

  // deno-lint-ignore no-explicit-any -- as `Response.json()` has it
  get json(): any {
    this.#json ??= { value: this.#parse() };
    return this.#json.value;
  }

  /** To show it is not to look at it. */
  toJSON(): { url: string; status: number } {
    return { url: this.url, status: this.#status };
  }

  #look(): void {
    if (!this.#isOurs) this.#watchers.onLook?.();
  }

  #read(): void {
    this.#look();
    if (!this.#isOurs) this.#watchers.onRead?.();
  }

  #decode(): string {
    const named = /charset="?([^\s;"]+)/i.exec(this.headers.get("content-type") ?? "")?.[1];
    if (typeof this.#body === "string" && (named === undefined || /^utf-?8$/i.test(named))) {
      return this.#body.startsWith(BYTE_ORDER_MARK) ? this.#body.slice(1) : this.#body;
    }
    try {
      return new TextDecoder(named ?? "utf-8", { fatal: true }).decode(this.bytes);
    } catch {
      throw modelError(
        `Cannot read the answer of ${this.#request()} as text: it is not ${named ?? "UTF-8"}`,
        {
          hint: "Use response.bytes for what is not text.",
        },
      );
    }
  }

  #parse(): unknown {
    const text = this.text;
    try {
      return JSON.parse(text);
    } catch {
      const what = text.trim() === ""
        ? "it is empty"
        : `it begins with ${JSON.stringify(hideInText(shortenText(text, 80)))}`;
      throw modelError(`Cannot read the answer of ${this.#request()} as JSON: ${what}`);
    }
  }
}

/** Whether a status is one of 200–299. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** See `HttpError` in `api.ts`. */
export class HttpError extends Error {
  override name = "HttpError";
  #response: HttpResponse | undefined;
  #onLook: (() => void) | undefined;

  /** @param onLook Called when the model looks at how the request ended. */
  constructor(message: string, response: HttpResponse | undefined, onLook?: () => void) {
    super(message);
    this.#response = response;
    this.#onLook = onLook;
  }

  get status(): number {
    return this.response?.status ?? 0;
  }

  get response(): HttpResponse | undefined {
    this.#onLook?.();
    return this.#response;
  }

  /** To show it is not to look at it. */
  toJSON(): { name: string; message: string; status: number } {
    const { name, message } = this;
    return { name, message, status: this.#response?.toJSON().status ?? 0 };
  }
}

/** The words for an answer outside of 200–299. */
export function describeRefusal(
  request: string,
  response: HttpResponse,
  { isRedirected }: Pick<EgressResponse, "isRedirected">,
): string {
  return HttpResponse.ours(response, () => refusalText(request, response, isRedirected === true));
}

function refusalText(request: string, response: HttpResponse, isRedirected: boolean): string {
  const shown = shortenText(
    new TextDecoder().decode(response.bytes.subarray(0, 4 * SHOWN_BODY)),
    SHOWN_BODY,
  );
  const body = hideInText(shown.replace(/\s+/g, " ").trim());
  const who = isRedirected
    ? `${request} was redirected to ${hideInText(response.url)}, which`
    : request;
  return `${who} answered ${response.status}${body && `: ${body}`}`;
}
