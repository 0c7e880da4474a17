/**
 * The values of `@allow_net`: what a host may look like.
 *
 * A value becomes a net permission of Deno as it stands, so it is brought into the form in which a
 * URL shows its host: lower case, ASCII, IPv6 in brackets.
 *
 * @module
 */
import { type Parsed, problem, type ValueProblem } from "./directive_value.ts";

const EXAMPLE = `Write the host alone, as in "api.example.com" or "api.example.com:8443".`;

/** Reads `host` or `host:port`. */
export function allowedHost(text: string): Parsed<string> {
  const mistake = findMistake(text);
  if (mistake) return { problem: mistake };
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text);
  const host = toUrlHost(match?.[1] ?? "");
  if (host === undefined) return problem(`"${text}" is not a host`, EXAMPLE);

  const port = match?.[2];
  if (port === undefined) return { value: host };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return { value: `${host}:${number}` };
  return problem(
    `"${text}" has a port that does not exist`,
    "Write a port from 1 to 65535, or none to allow all ports of the host.",
  );
}

/** The mistakes that deserve words of their own; the order is that of what a reader sees first. */
function findMistake(text: string): ValueProblem | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme) {
    const host = text.slice(scheme[0].length).split("/", 1)[0] ?? "";
    const hint = host && !host.includes("@") ? `Write "${host.toLowerCase()}".` : EXAMPLE;
    return { state: `"${text}" has a scheme`, hint };
  }
  if (text.includes("@")) {
    return { state: `"${text}" names a user`, hint: "Name a secret by @secrets instead." };
  }
  if (text.includes("*")) {
    return { state: `"${text}" has a wildcard`, hint: "Name each host that the model calls." };
  }
  if (/[/\\?#]/.test(text)) {
    const host = text.split(/[/\\?#]/, 1)[0] ?? "";
    return { state: `"${text}" has a path`, hint: host ? `Write "${host}".` : EXAMPLE };
  }
  if (/\s/.test(text)) {
    return { state: `"${text}" has a space`, hint: "Put commas between hosts." };
  }
  const colons = text.split(":").length - 1;
  if (colons > 1 && !text.startsWith("[")) {
    return {
      state: `"${text}" has more than one colon`,
      hint: `Put an IPv6 address in brackets, as in "[::1]" or "[::1]:8080".`,
    };
  }
  return undefined;
}

/** The host as a URL would have it, or `undefined` when no URL can. */
function toUrlHost(host: string): string | undefined {
  if (host === "" || host.endsWith(".") || /[%<>^|"']/.test(host)) return undefined;
  const url = URL.parse(`http://${host}/`);
  return url?.hostname || undefined;
}
