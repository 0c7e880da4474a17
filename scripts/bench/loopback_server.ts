// deno-lint-ignore-file no-console
/**
 * Answers every POST with 201 and an id, as a JSON API does, and counts. Prints its port.
 *
 * @module
 */

let requests = 0;
let nextId = 1;

async function answer(request: Request): Promise<Response> {
  if (request.method === "GET") {
    const count = requests;
    requests = 0;
    return new Response(String(count));
  }
  await request.text();
  requests++;
  return Response.json({ id: nextId++ }, { status: 201 });
}

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, answer);
