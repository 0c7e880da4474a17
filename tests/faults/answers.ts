/**
 * The answers of the fault matrix, byte by byte: a status, and what is good or bad about the rest.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import type { Script } from "./raw_server.ts";

/**
 * Statuses, and what comes with some of them: headers; of 1xx, which only say that an answer will come, that
 * answer's status; of redirects, where they lead to.
 */
export const STATUSES = [
  "100",
  "101",
  "102",
  "103",
  "100-200",
  "103-200",
  "103-422",
  "200",
  "204",
  "207",
  "300",
  "301",
  "302",
  "303",
  "304",
  "305",
  "307",
  "307-nowhere",
  "307-cut",
  "308",
  "308-422",
  "400",
  "401",
  "404",
  "408",
  "409",
  "410",
  "422",
  "429",
  "429-seconds",
  "429-date",
  "500",
  "502",
  "503",
  "503-seconds",
  "504",
] as const;

export type Status = typeof STATUSES[number];

/** Bodies that arrive whole … */
const WHOLE_BODIES = ["json", "html", "empty", "drip", "huge", "wrong_type", "bad_text"] as const;
/** … those that never do, and those that cannot be unpacked. */
const BROKEN_BODIES = ["truncated", "cut_chunk", "stalled", "broken_gzip", "cut_gzip"] as const;

export const BODIES = [...WHOLE_BODIES, ...BROKEN_BODIES] as const;

export type Body = typeof BODIES[number];

/** Whether the answer's end never comes, or what comes is not what it says. */
export function isBroken(body: Body): boolean {
  return (BROKEN_BODIES as readonly Body[]).includes(body);
}

/** Whether a model can read it as JSON. */
export function isJson(body: Body): boolean {
  return ["json", "drip", "huge", "wrong_type"].includes(body);
}

const JSON_TEXT = `{"id":"far-1"}`;
const HUGE = new TextEncoder().encode(`{"id":"far-1","x":"${"x".repeat(10 * 2 ** 20)}"}`);
const HTML = "<html><body><h1>Something went wrong</h1></body></html>";

/** What comes before an answer. */
export function hint(status: number): Script {
  return [`HTTP/1.1 ${status} Soon\r\nLink: </style.css>; rel=preload\r\n\r\n`];
}

/** The whole answer. */
export function answer(status: number, headers: readonly string[], body: Body): Script {
  const head = [`HTTP/1.1 ${status} Whatever`, "Connection: close", ...headers];
  const withHead = (more: readonly string[], ...rest: Script): Script => [
    [...head, ...more, "", ""].join("\r\n"),
    ...rest,
  ];
  const sized = (type: string, content: string | Uint8Array, ...more: string[]) =>
    withHead([`Content-Type: ${type}`, `Content-Length: ${content.length}`, ...more], content);
  const json = "Content-Type: application/json";
  switch (body) {
    case "json":
      return sized("application/json", JSON_TEXT);
    case "html":
      return sized("text/html", HTML);
    case "empty":
      return withHead(["Content-Length: 0"]);
    case "huge":
      return sized("application/json", HUGE);
    case "wrong_type":
      return sized("image/png", JSON_TEXT);
    case "bad_text":
      return sized("application/json; charset=klingon", new Uint8Array([0xff, 0xfe, 0x00, 0xd8]));
    case "drip":
      return withHead(
        [json, `Content-Length: ${JSON_TEXT.length}`],
        ...[...JSON_TEXT].flatMap((letter) => [letter, { waitMs: 10 }]),
      );
    case "truncated":
      return withHead([json, "Content-Length: 500"], JSON_TEXT.slice(0, 6));
    case "cut_chunk":
      return withHead([json, "Transfer-Encoding: chunked"], "e\r\n" + JSON_TEXT.slice(0, 6));
    case "stalled":
      return withHead([json, "Content-Length: 500"], JSON_TEXT.slice(0, 6), "hang");
    case "broken_gzip":
      return sized("application/json", "this is no gzip at all", "Content-Encoding: gzip");
    case "cut_gzip":
      return sized(
        "application/json",
        new Uint8Array(gzipSync(JSON_TEXT)).slice(0, 16),
        "Content-Encoding: gzip",
      );
  }
}
