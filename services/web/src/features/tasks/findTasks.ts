// Finds tasks by a part of their name, for pickers and the palette.
import { api, ask } from "@/api/client";
import { quoted } from "./queryText";

export interface FoundTask {
  id: string;
  name: string;
}

/** At most `limit` tasks whose name, description or id has `text` in it. */
export async function findTasks(text: string, limit: number): Promise<FoundTask[]> {
  const query = { q: text.trim() ? quoted(text.trim()) : "", sort: "name" as const, limit: Math.min(Math.max(limit, 1), 200) };
  const page = await ask(api.GET("/api/v1/group-ai/task-list", { params: { query } }));
  return page.items.map(({ id, name }) => ({ id, name }));
}
