// The exact lines by which a backup is checked and restored on the server. Pure.
import type { Schema } from "@/api/client";

type Where = Pick<Schema<"Backup">, "run_id" | "storage" | "location" | "key_id">;

/** Paths and the like, so that a shell takes them as they are. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Where the backup lies: its location without the last part, which is its own name. */
function place(backup: Where): string {
  const parent = backup.location.replace(/\/?[^/]*$/, "");
  // Before it is stored only the place itself is known.
  const whole = /\d{8}T\d{6}Z-/.test(backup.location.split("/").at(-1) ?? "") ? parent : backup.location;
  if (backup.storage === "s3") return `--s3 ${quoted(whole)}`;
  return whole === "system" ? "" : `--folder ${quoted(whole)}`;
}

function line(command: string, backup: Where, ...more: string[]): string {
  return [`automation backup ${command} ${backup.run_id}`, place(backup), ...more, backup.key_id ? "--key-file KEY_FILE" : ""].filter(Boolean).join(" ");
}

export function restoreLine(backup: Where): string {
  return line("restore", backup, "--to postgresql://USER:PASSWORD@HOST/EMPTY_DATABASE");
}

export function verifyLine(backup: Where): string {
  return line("verify", backup);
}
