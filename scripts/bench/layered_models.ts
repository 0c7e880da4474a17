/**
 * Projects of many small SQL models in ten layers, and the same statements without Spoor.
 *
 * Each model of a layer reads two of the layer before.
 *
 * @module
 */
import { join } from "node:path";

const LAYERS = 10;
const ROWS = 20;

/** Writes the project's models; gives the statements that plain SQLite would run, in order. */
export async function writeLayeredModels(folder: string, models: number): Promise<string[]> {
  const perLayer = Math.ceil(models / LAYERS);
  const statements: string[] = [];
  for (let layer = 0; layer < LAYERS; layer++) {
    const schema = join(folder, "models", `layer_${layer}`);
    await Deno.mkdir(schema, { recursive: true });
    for (let place = 0; place < perLayer; place++) {
      const next = (place + 1) % perLayer;
      const text = layer === 0 ? sourceSql(place) : joinSql(layer - 1, place, next);
      await Deno.writeTextFile(join(schema, `m_${place}.sql`), text);
      const plain = text.replaceAll(/layer_\d+\.m_\d+/g, '"$&"');
      statements.push(`CREATE TABLE "layer_${layer}.m_${place}" AS ${plain}`);
    }
  }
  return statements;
}

function sourceSql(place: number): string {
  return `WITH RECURSIVE n(id) AS (
  SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${ROWS}
)
SELECT id, 'name ' || id AS name, id * ${place + 1} AS amount FROM n
`;
}

function joinSql(layer: number, left: number, right: number): string {
  return `SELECT a.id, a.name, a.amount + b.amount AS amount
FROM layer_${layer}.m_${left} AS a
JOIN layer_${layer}.m_${right} AS b ON b.id = a.id
`;
}
