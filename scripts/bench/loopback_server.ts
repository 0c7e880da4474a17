// deno-lint-ignore-file no-console
/**
 * Answers every POST with 201 and an id, as a JSON API does, and notes when it came. Prints its port.
 *
 * @module
 */

/** In milliseconds since 1970. */
let arrivals: number[] = [];
let nextId = 1;

async function answer(request: Request): Promise<Response> {
  if (request.method === "GET") {
    const taken = arrivals;
    arrivals = [];
    return request.url.endsWith("/count")
      ? new Response(String(taken.length))
      : Response.json(taken);
  }
  arrivals.push(performance.timeOrigin + performance.now());
  await request.text();
  return Response.json({ id: nextId++ }, { status: 201 });
}

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, answer);
