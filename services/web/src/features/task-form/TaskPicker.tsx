// Tasks by name; those already chosen show their names, also when they lie beyond any search.
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useMemo, useState } from "react";
import { api, ask } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { useSettled } from "@/components/settled";
import { findTasks } from "@/features/tasks/findTasks";
import type { Control } from "./Field";
import { FORM } from "./texts";

const MOST = 30;

export interface TaskPickerProps {
  control: Control;
  value: string[];
  onChange: (ids: string[]) => void;
  /** The task itself, which it cannot be tied to. */
  except: string | null;
}

export function TaskPicker({ control, value, onChange, except }: TaskPickerProps) {
  const t = useTexts(FORM);
  const [text, setText] = useState("");
  const wanted = useSettled(text.trim());
  const found = useQuery({ queryKey: ["task-form", "find", wanted], queryFn: () => findTasks(wanted, MOST), placeholderData: keepPreviousData, staleTime: 10_000 });
  const names = useNames(value);
  const options = useMemo(() => {
    const all = new Map(value.map((id) => [id, names.get(id) ?? id]));
    for (const task of found.data ?? []) if (task.id !== except) all.set(task.id, task.name);
    return [...all].map(([id, name]) => ({ value: id, label: name }));
  }, [value, names, found.data, except]);
  return (
    <Select
      {...control}
      mode="multiple"
      showSearch={{ filterOption: false, searchValue: text, onSearch: setText }}
      value={value}
      onChange={(ids: string[]) => {
        setText("");
        onChange(ids);
      }}
      options={options}
      placeholder={t("task.search")}
      notFoundContent={found.isFetching ? null : t("task.none")}
      style={{ width: "100%" }}
    />
  );
}

function useNames(ids: string[]): Map<string, string> {
  const t = useTexts(FORM);
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ["task-form", "name", id],
      queryFn: () =>
        ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: id } } })).then(
          (task) => task.name,
          (error: unknown) => {
            if (error instanceof ApiProblem && error.status === 404) return null;
            throw error;
          },
        ),
      staleTime: 60_000,
    })),
    combine: (results) => new Map(results.map(({ data }, index) => [ids[index] ?? "", data === null ? t("task.gone", { id: (ids[index] ?? "").slice(0, 8) }) : (data ?? ids[index] ?? "")])),
  });
}
