/**
 * Hears the browser come back from a service, at an address that only this machine can reach.
 * RFC 8252, section 7.3.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { AskedService } from "./authorization_request.ts";

/** How long the last page has to reach the browser. */
const FAREWELL_MS = 500;

/** Listens until it is disposed of. */
export interface LoopbackRedirect extends AsyncDisposable {
  /** Where the service is to send the browser. */
  redirectUri: string;
  /**
   * Resolves with the code of the answer to our request.
   *
   * @throws {UserError} The service, or the person, has said no.
   */
  code(state: string): Promise<string>;
}

/**
 * Begins to listen.
 *
 * @param service Where its `redirectUri` says; empty: at any free port.
 * @throws {UserError} The port is taken.
 */
export function listenForRedirect(service: AskedService): LoopbackRedirect {
  const { redirectUri } = service.provider;
  const wanted = new URL(redirectUri === "" ? "http://127.0.0.1:0/callback" : redirectUri);
  let expected: string | undefined;
  const code = Promise.withResolvers<string>();
  // Whoever awaits it hears of it; until then it is nobody's.
  code.promise.catch(() => {});
  const server = listen(wanted, (request) => {
    const url = new URL(request.url);
    if (url.pathname !== wanted.pathname) return page(404, "There is nothing here.");
    const answer = url.searchParams;
    // Another page can make the browser come here too: only our own request counts.
    if (expected === undefined || answer.get("state") !== expected) {
      return page(400, "This is not the answer to the request that Spoor has made.");
    }
    const refused = answer.get("error");
    if (refused !== null) {
      code.reject(notAllowed(service, refused, answer.get("error_description")));
      return page(200, `The service has not let Spoor in (${refused}). You can close this page.`);
    }
    const given = answer.get("code");
    if (!given) return page(400, "The service has sent no code.");
    code.resolve(given);
    return page(
      200,
      `Spoor has heard from ${service.name}. Look at its terminal; you can close this page.`,
    );
  });
  const port = (server.addr as Deno.NetAddr).port;
  return {
    redirectUri: redirectUri === "" ? `http://127.0.0.1:${port}/callback` : redirectUri,
    code: (state) => {
      expected = state;
      return code.promise;
    },
    // A browser keeps its connection, for which Deno 2.6 would wait as long as that likes.
    [Symbol.asyncDispose]: () => Promise.race([server.shutdown(), afterMs(FAREWELL_MS)]),
  };
}

function afterMs(delayMs: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, delayMs)));
}

function listen(url: URL, answer: (request: Request) => Response): Deno.HttpServer {
  const port = url.port === "" ? 80 : Number(url.port);
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, answer);
  } catch (error) {
    throw new UserError(`Cannot listen at ${url.host}: ${(error as Error).message}`, {
      hint: `End the program that listens there, or set another "redirect_uri" in spoor.yaml`,
      cause: error,
    });
  }
}

function notAllowed(
  { name, option }: AskedService,
  error: string,
  description: string | null,
): UserError {
  const words = description ? `${error} (${description.slice(0, 200)})` : error.slice(0, 200);
  return new UserError(`Cannot authorise "${name}": the service says ${words}`, {
    hint: error === "invalid_scope"
      ? `Set another "scope" in spoor.yaml, and run "spoor auth ${name}${option}" again`
      : `Run "spoor auth ${name}${option}" again to be asked again`,
  });
}

function page(status: number, text: string): Response {
  const html = `<!doctype html><meta charset="utf-8"><title>Spoor</title><p>${escape(text)}</p>\n`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      // The address holds the code: no later page is to see it.
      "referrer-policy": "no-referrer",
      "content-security-policy": "default-src 'none'",
      connection: "close",
    },
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
