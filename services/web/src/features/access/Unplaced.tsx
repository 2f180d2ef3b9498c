// What the API refused and no field of the form could show.
import { Alert } from "antd";
import { ApiProblem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { pathOf } from "@/components/formProblems";

export function Unplaced({ error, fields }: { error: unknown; /** The form's own. */ fields: readonly string[] }) {
  if (!error) return null;
  if (!(error instanceof ApiProblem)) return <Failure error={error} />;
  const placed = error.errors.length > 0 && error.errors.every((each) => fields.includes(String(pathOf(each.pointer)[0])));
  if (placed) return null;
  if (error.status >= 500 || error.errors.length > 0) return <Failure error={error} />;
  return <Alert role="alert" type="error" showIcon title={error.detail} style={{ marginBlockEnd: 16 }} />;
}
