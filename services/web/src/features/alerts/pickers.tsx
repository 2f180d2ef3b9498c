// Choosing what a rule is about: tasks, queues, accounts, secrets, channels. What may not be listed can be typed.
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Select } from "antd";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { useSession } from "@/app/session";
import { findTasks } from "@/features/tasks/findTasks";

interface Field<Value> {
  id?: string;
  value?: Value;
  onChange?: (value: Value) => void;
  placeholder?: string;
  label: string;
  disabled?: boolean;
}

export function TaskSelect({ value, onChange, placeholder, label, disabled, ...rest }: Field<string | undefined>) {
  const [text, setText] = useState("");
  const found = useQuery({ queryKey: ["tasks", "find", text], queryFn: () => findTasks(text, 20), staleTime: 10_000 });
  const chosen = useQuery({
    queryKey: ["tasks", "name", value],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: value ?? "" } } })),
    enabled: !!value,
    retry: false,
    staleTime: 60_000,
  });
  const options = (found.data ?? []).map((task) => ({ value: task.id, label: task.name }));
  if (value && !options.some((each) => each.value === value)) options.unshift({ value, label: chosen.data?.name ?? value });
  return (
    <Select
      {...rest}
      aria-label={label}
      allowClear
      disabled={disabled ?? false}
      showSearch={{ filterOption: false, onSearch: setText }}
      placeholder={placeholder ?? ""}
      value={value ?? null}
      onChange={(task) => onChange?.(task ?? undefined)}
      options={options}
      loading={found.isFetching}
    />
  );
}

/** A text with suggestions. */
function Suggested({ names, value, onChange, placeholder, label, disabled, ...rest }: Field<string | undefined> & { names: string[] }) {
  return (
    <AutoComplete
      {...rest}
      aria-label={label}
      allowClear
      disabled={disabled ?? false}
      placeholder={placeholder ?? ""}
      value={value ?? ""}
      onChange={(text: string | undefined) => onChange?.(text || undefined)}
      options={names.map((name) => ({ value: name }))}
      showSearch={{ filterOption: (typed: string, option?: { value?: unknown }) => String(option?.value ?? "").toLowerCase().includes(typed.toLowerCase()) }}
    />
  );
}

export function QueueInput(props: Field<string | undefined>) {
  const { can } = useSession();
  const { data } = useQuery({ queryKey: ["queues", "names"], queryFn: () => ask(api.GET("/api/v1/group-ai/queues")), enabled: can("queues:read"), staleTime: 30_000 });
  return <Suggested {...props} names={(data ?? []).map((queue) => queue.name)} />;
}

export function SourceInput(props: Field<string | undefined>) {
  const { can } = useSession();
  const { data } = useQuery({ queryKey: ["backups", "sources"], queryFn: () => ask(api.GET("/api/v1/group-ai/backups/sources")), enabled: can("backups:read"), staleTime: 30_000 });
  return <Suggested {...props} names={(data?.items ?? []).map((each) => each.source)} />;
}

export function SecretInput(props: Field<string | undefined>) {
  const { can } = useSession();
  const { data } = useQuery({ queryKey: ["secrets", "names"], queryFn: () => ask(api.GET("/api/v1/group-ai/secrets", { params: { query: { limit: 200 } } })), enabled: can("secrets:read"), staleTime: 30_000 });
  return <Suggested {...props} names={(data?.items ?? []).map((each) => each.name)} />;
}

export function ActionInput(props: Field<string | undefined>) {
  const { data } = useQuery({ queryKey: ["actions", "names"], queryFn: () => ask(api.GET("/api/v1/group-ai/automation-actions")), staleTime: 60_000 });
  return <Suggested {...props} names={(data ?? []).map((each) => each.name)} />;
}

export function AccountsSelect({ value, onChange, placeholder, label, disabled, ...rest }: Field<string[]>) {
  const { can } = useSession();
  const { data } = useQuery({ queryKey: ["accounts", "names"], queryFn: () => ask(api.GET("/api/v1/group-ai/accounts", { params: { query: { limit: 200 } } })), enabled: can("accounts:read"), staleTime: 30_000 });
  return (
    <Select
      {...rest}
      mode="tags"
      aria-label={label}
      disabled={disabled ?? false}
      placeholder={placeholder ?? ""}
      value={value ?? []}
      onChange={(names: string[]) => onChange?.(names)}
      options={(data?.items ?? []).map((each) => ({ value: each.account_id, label: each.account_id }))}
      tokenSeparators={[",", " "]}
    />
  );
}

/** Channels by name, and addresses. */
export function TargetsSelect({ value, onChange, label, disabled, ...rest }: Field<string[]>) {
  const { can } = useSession();
  const { data } = useQuery({ queryKey: ["channels", "list"], queryFn: () => ask(api.GET("/api/v1/group-ai/channels")), enabled: can("channels:read"), staleTime: 10_000 });
  return (
    <Select
      {...rest}
      mode="tags"
      aria-label={label}
      disabled={disabled ?? false}
      value={value ?? []}
      onChange={(names: string[]) => onChange?.(names.map((each) => each.trim()).filter(Boolean))}
      options={(data ?? []).map((channel) => ({ value: channel.name, label: `${channel.name} (${channel.kind})` }))}
      tokenSeparators={[",", " "]}
    />
  );
}
