// Who names a secret, with the way there.
import { Link } from "react-router";
import type { Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { SECRETS } from "./texts";

export function Users({ secret }: { secret: Pick<Schema<"Secret">, "used_by"> }) {
  const t = useTexts(SECRETS);
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18, maxHeight: 260, overflow: "auto", maxWidth: 440 }}>
      {secret.used_by.map((user) => (
        <li key={`${user.kind} ${user.id}`} className="break">
          {t(`user.${user.kind}`)} <Link to={user.kind === "task" ? `/tasks/${user.id}` : `/alert-rules?open=${user.id}`}>{user.name}</Link>
        </li>
      ))}
    </ul>
  );
}
