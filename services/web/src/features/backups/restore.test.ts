import { expect, test } from "vitest";
import { quoted, restoreLine, verifyLine } from "./restore";

const RUN = "0192f0aa-0000-7000-8000-000000000001";
const NAME = `20260101T120000Z-${RUN}`;

test("a backup in the usual folder needs only its name", () => {
  const backup = { run_id: RUN, storage: "folder" as const, location: `system/${NAME}`, key_id: null };
  expect(restoreLine(backup)).toBe(`automation backup restore ${RUN} --to postgresql://USER:PASSWORD@HOST/EMPTY_DATABASE`);
  expect(verifyLine(backup)).toBe(`automation backup verify ${RUN}`);
});

test("another folder and a bucket are named, and the key asked for", () => {
  expect(verifyLine({ run_id: RUN, storage: "folder", location: `/srv/my backups/${NAME}`, key_id: "age1x" })).toBe(`automation backup verify ${RUN} --folder '/srv/my backups' --key-file KEY_FILE`);
  expect(restoreLine({ run_id: RUN, storage: "s3", location: `s3://bucket/automation/db/${NAME}`, key_id: null })).toContain(`${RUN} --s3 s3://bucket/automation/db --to`);
});

test("before it is stored the location is the place", () => {
  expect(verifyLine({ run_id: RUN, storage: "folder", location: "nightly", key_id: null })).toBe(`automation backup verify ${RUN} --folder nightly`);
});

test("what a shell would read is quoted", () => {
  expect(quoted("$(rm -rf /)")).toBe("'$(rm -rf /)'");
  expect(quoted("it's")).toBe(`'it'\\''s'`);
});
