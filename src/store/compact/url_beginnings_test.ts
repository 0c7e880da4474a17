import assert from "node:assert/strict";
import { UrlBeginnings } from "./url_beginnings.ts";

function split(...urls: string[]): string[][] {
  const beginnings = new UrlBeginnings();
  return urls.map((url) => beginnings.split(url));
}

Deno.test("UrlBeginnings keeps a URL that comes again in one", () => {
  const url = "https://crm.example/contacts";
  assert.deepEqual(split(url, url), [[url, ""], [url, ""]]);
});

Deno.test("UrlBeginnings parts URLs of one collection behind it", () => {
  const people = "https://crm.example/v3/people/";
  assert.deepEqual(split("https://crm.example/me", `${people}1`, `${people}2`, `${people}3`), [
    ["https://crm.example/me", ""],
    ["https://crm.example/", "v3/people/1"],
    [people, "2"],
    [people, "3"],
  ]);
});

Deno.test("UrlBeginnings parts URLs in their middle, and at a query's value", () => {
  const people = "https://crm.example/people/";
  assert.deepEqual(split(`${people}1/notes`, `${people}2/notes`, `${people}3/notes`).at(-1), [
    people,
    "3/notes",
  ]);
  const find = "https://crm.example/find?mail=";
  assert.deepEqual(split(`${find}a`, `${find}b`, `${find}c`).at(-1), [find, "c"]);
});

Deno.test("UrlBeginnings gives back every URL, be it one or not, and few beginnings for many", () => {
  const urls = ["", "none", "https://crm.example", "data:,x", "https://crm.example?a=1"];
  for (let i = 0; i < 5_000; i++) {
    urls.push(`https://h${i % 3}.example/p/${i}/notes/${i % 7}?q=${i}`);
  }
  for (let i = 0; i < 1_000; i++) urls.push(`https://host${i}.example/hook`);
  const parts = split(...urls);
  assert.deepEqual(parts.map((pair) => pair.join("")), urls);
  assert.ok(new Set(parts.map(([beginning]) => beginning)).size < 300);
});

Deno.test("UrlBeginnings leaves a URL whole that is longer than any that is worth parting", () => {
  const url = `https://crm.example/${"a/".repeat(1_000)}`;
  assert.deepEqual(split(url, url), [["", url], ["", url]]);
});
