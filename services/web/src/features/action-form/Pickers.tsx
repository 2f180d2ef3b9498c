// Choosing among what is there: secrets (by name alone), accounts, scripts, alert rules. Who may not list them types.
import { AutoComplete, Button, Select, Tooltip } from "antd";
import { PlusOutlined } from "@ant-design/icons";
import { useTexts } from "@/app/texts";
import { useSession } from "@/app/session";
import { ACTIONS } from "./texts";
import { type Listed, useChoices } from "./useActions";

export function SecretPicker({ id, value, onChange, invalid }: { id?: string; value: string; onChange: (value: unknown) => void; invalid: boolean }) {
  const t = useTexts(ACTIONS);
  const { can } = useSession();
  const { choices, denied } = useChoices("secrets");
  const unknown = value !== "" && choices !== undefined && !choices.some((each) => each.value === value);
  return (
    <div>
      <div style={{ display: "flex", gap: 8 }}>
        <AutoComplete
          {...(id ? { id } : { "aria-label": t("secret.placeholder") })}
          value={value}
          status={invalid ? "error" : unknown ? "warning" : ""}
          onChange={(name: string) => onChange(name)}
          options={(choices ?? []).map((each) => ({ value: each.value, label: each.label }))}
          showSearch={{ filterOption: (input, option) => String(option?.value ?? "").includes(input.toLowerCase()) }}
          placeholder={t("secret.placeholder")}
          notFoundContent={denied ? t("secret.denied") : choices?.length === 0 ? t("secret.none") : null}
          allowClear
          style={{ flex: 1, minWidth: 0 }}
        />
        {can("secrets:write") ? (
          <Tooltip title={t("secret.create")}>
            {/* In another tab: what was typed here stays. */}
            <Button icon={<PlusOutlined />} aria-label={t("secret.create")} href="/secrets" target="_blank" rel="noopener" />
          </Tooltip>
        ) : null}
      </div>
      {unknown ? <div style={{ color: "var(--ant-color-warning)" }}>{t("secret.missing")}</div> : null}
    </div>
  );
}

interface ListProps {
  id: string;
  listed: Listed;
  value: string[];
  onChange: (value: unknown) => void;
  invalid: boolean;
}

export function ListPicker({ id, listed, value, onChange, invalid }: ListProps) {
  const t = useTexts(ACTIONS);
  const { choices, denied } = useChoices(listed);
  const known = new Set((choices ?? []).map((each) => each.value));
  const strange = choices ? value.filter((each) => !known.has(each)) : [];
  return (
    <Select
      id={id}
      mode="tags"
      status={invalid ? "error" : strange.length > 0 ? "warning" : ""}
      value={value}
      onChange={onChange}
      options={[...(choices ?? []), ...strange.map((each) => ({ value: each, label: `${each} ${t("pick.unknown")}` }))]}
      showSearch={{ filterOption: (input, option) => `${option?.label ?? ""} ${option?.value ?? ""}`.toLowerCase().includes(input.toLowerCase()) }}
      placeholder={denied ? t("pick.denied") : listed === "accounts" ? t("pick.accounts") : ""}
      maxTagCount="responsive"
      allowClear
      style={{ width: "100%" }}
    />
  );
}

export function SinglePicker({ id, listed, value, onChange, invalid, placeholder }: Omit<ListProps, "value"> & { value: string; placeholder: string }) {
  const t = useTexts(ACTIONS);
  const { choices, denied } = useChoices(listed);
  return (
    <AutoComplete
      id={id}
      status={invalid ? "error" : ""}
      value={value}
      onChange={(text: string) => onChange(text)}
      options={choices ?? []}
      showSearch={{ filterOption: (input, option) => `${option?.label ?? ""}`.toLowerCase().includes(input.toLowerCase()) }}
      placeholder={denied ? t("pick.denied") : placeholder}
      allowClear
      style={{ width: "100%" }}
    />
  );
}
