import assert from "node:assert/strict";
import { forecastSending } from "./forecast.ts";

Deno.test("forecastSending() counts a whole window for each window's worth after the first", () => {
  const rate = { count: 100, windowMs: 10_000 };
  const waits = (requests: number) =>
    forecastSending({ requests, concurrency: 1, rate }).rate_limit_ms;
  assert.equal(waits(100), 0);
  assert.equal(waits(101), 10_000);
  assert.equal(waits(1_000), 90_000);
});

Deno.test("forecastSending() takes the longer of rate and concurrency", () => {
  const forecast = forecastSending({
    requests: 10,
    concurrency: 2,
    usualRequestMs: 100,
    rate: { count: 5, windowMs: 300 },
  });
  assert.equal(forecast.concurrency_ms, 500);
  assert.equal(forecast.rate_limit_ms, 300);
  assert.equal(forecast.at_least_ms, 500);
});

Deno.test("forecastSending() says no time where none is known", () => {
  assert.deepEqual(forecastSending({ requests: 3, concurrency: 1 }), { requests: 3 });
});
