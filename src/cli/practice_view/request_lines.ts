/**
 * What the practice API has received, as people read it.
 *
 * @module
 */
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { type Cell, cutToWidth, paintCell, renderTable } from "~/cli/output/table.ts";
import { visibleLine, visibleText } from "~/cli/output/visible_text.ts";
import type { HeldRecord, PracticeHost, ReceivedRequest } from "~/practice/read_practice.ts";

/** Widest start of a body in a table. */
const BODY_WIDTH = 60;
const BELOW = "    ";

/** The hosts, a line each. */
export function renderHosts(hosts: readonly PracticeHost[], style: Style): string[] {
  return renderTable(
    [
      { title: "host" },
      { title: "requests", align: "right" },
      { title: "faults", align: "right" },
      { title: "records", align: "right" },
      { title: "last request" },
    ],
    hosts.map(({ host, requests, faults, records, lastAt }) => [
      visibleLine(host),
      renderCount(requests),
      renderCount(faults),
      renderCount(records),
      renderLocalTime(lastAt),
    ]),
    style,
  );
}

/** Requests, a line each. */
export function renderRequests(requests: readonly ReceivedRequest[], style: Style): string[] {
  return renderTable(
    [
      { title: "at" },
      { title: "method" },
      { title: "url" },
      { title: "status", align: "right" },
      { title: "body" },
    ],
    requests.map((request) => [
      renderLocalTime(request.at),
      visibleLine(request.method),
      visibleLine(request.url),
      statusCell(request, style),
      cutToWidth(visibleLine(bodyText(request)), BODY_WIDTH),
    ]),
    style,
  );
}

/** One request with all that is known of it. */
export function renderRequest(request: ReceivedRequest, style: Style): string[] {
  const { at, method, url, headers, replayed, fault } = request;
  const status = statusCell(request, style);
  const notes = [replayed ? "a repetition: nothing changed" : "", fault ? `fault ${fault}` : ""];
  const lines = [
    `${style.strong(`${method} ${visibleLine(url)}`)}  ${
      [paintCell(status), renderLocalTime(at), ...notes].filter(Boolean).join(", ")
    }`,
    ...Object.entries(headers).map(([name, value]) =>
      `${BELOW}${style.dim(`${visibleLine(name)}:`)} ${visibleLine(value)}`
    ),
  ];
  const body = visibleText(readableBody(request));
  if (body === "") return lines;
  return [...lines, "", ...body.split("\n").map((line) => BELOW + line)];
}

/** Records that the practice API holds, a line each. */
export function renderRecords(records: readonly HeldRecord[], style: Style): string[] {
  return renderTable(
    [{ title: "record" }, { title: "changed" }, { title: "content" }],
    records.map(({ host, collection, id, body, updatedAt }) => [
      visibleLine(`${host}${collection}/${id}`),
      renderLocalTime(updatedAt),
      cutToWidth(visibleLine(JSON.stringify(body)), BODY_WIDTH),
    ]),
    style,
  );
}

function statusCell({ status, replayed, fault }: ReceivedRequest, style: Style): Cell {
  const paint: Paint = fault ? "warning" : status && status < 300 ? "good" : "bad";
  const text = status === undefined ? "no answer" : String(status);
  return { text: replayed ? `${text} again` : text, paint: style[paint] };
}

function bodyText({ body, bodyBytes }: ReceivedRequest): string {
  return typeof body === "string" ? body : countOf(bodyBytes, "byte");
}

/** JSON is laid out; what was cut off is said. */
function readableBody(request: ReceivedRequest): string {
  const { body, bodyBytes } = request;
  const text = bodyText(request);
  const keptBytes = typeof body === "string" ? new TextEncoder().encode(body).length : bodyBytes;
  if (keptBytes < bodyBytes) return `${text}\n… ${countOf(bodyBytes - keptBytes, "more byte")}`;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // No JSON: shown as it came.
    return text;
  }
}
