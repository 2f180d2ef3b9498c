// The map of the page: every place, its group, name, icon, right and shortcut. The side bar, the palette and the
// sheet of shortcuts are made from it.
import {
  AlertOutlined, ApartmentOutlined, ApiOutlined, AppstoreOutlined, AuditOutlined, BellOutlined, CalendarOutlined, CloudServerOutlined,
  CodeOutlined, ControlOutlined, DashboardOutlined, DatabaseOutlined, FieldTimeOutlined, KeyOutlined, LockOutlined,
  MutedOutlined, PlayCircleOutlined, SafetyOutlined, ScheduleOutlined, TeamOutlined, ThunderboltOutlined,
  UserOutlined, WarningOutlined, UnorderedListOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { defineTexts } from "./texts";

export const PLACES_TEXTS = defineTexts({
  "group.tasks": { zh: "任務", en: "Tasks" },
  "group.operate": { zh: "維運", en: "Operate" },
  "group.platform": { zh: "平台", en: "Platform" },
  "group.tell": { zh: "告警與通知", en: "Alerts and notifications" },
  "group.access": { zh: "權限", en: "Access" },
  dashboard: { zh: "總覽", en: "Overview" },
  tasks: { zh: "任務", en: "Tasks" },
  templates: { zh: "範本", en: "Templates" },
  runs: { zh: "執行紀錄", en: "Runs" },
  timeline: { zh: "時間軸", en: "Timeline" },
  graph: { zh: "相依圖", en: "Dependencies" },
  events: { zh: "事件", en: "Events" },
  calendars: { zh: "行事曆", en: "Calendars" },
  queues: { zh: "佇列", en: "Queues" },
  executors: { zh: "執行器", en: "Executors" },
  dead: { zh: "未能完成", en: "Dead letters" },
  accounts: { zh: "帳號", en: "Accounts" },
  runtimes: { zh: "帳號執行環境", en: "Account runtimes" },
  scripts: { zh: "腳本", en: "Scripts" },
  backups: { zh: "備份", en: "Backups" },
  alerts: { zh: "告警", en: "Alerts" },
  rules: { zh: "告警規則", en: "Alert rules" },
  silences: { zh: "靜音", en: "Silences" },
  alertSettings: { zh: "告警設定", en: "Alert settings" },
  channels: { zh: "通知管道", en: "Notification channels" },
  secrets: { zh: "機密", en: "Secrets" },
  users: { zh: "使用者", en: "Users" },
  tokens: { zh: "存取權杖", en: "Access tokens" },
  audit: { zh: "稽核紀錄", en: "Audit log" },
});

export type PlaceName = Exclude<keyof typeof PLACES_TEXTS, `group.${string}`>;

export interface Place {
  name: PlaceName;
  path: string;
  icon: ReactNode;
  /** The scope without which the API would answer nothing here. */
  scope: string | null;
  /** Two keys, one after the other. */
  keys?: string;
}

export const GROUPS: { name: `group.${string}` & keyof typeof PLACES_TEXTS; places: Place[] }[] = [
  {
    name: "group.tasks",
    places: [
      { name: "dashboard", path: "/", icon: <DashboardOutlined />, scope: "runs:read", keys: "g h" },
      { name: "tasks", path: "/tasks", icon: <ScheduleOutlined />, scope: "tasks:read", keys: "g t" },
      { name: "runs", path: "/runs", icon: <PlayCircleOutlined />, scope: "runs:read", keys: "g r" },
      { name: "timeline", path: "/timeline", icon: <FieldTimeOutlined />, scope: "runs:read", keys: "g l" },
      { name: "graph", path: "/graph", icon: <ApartmentOutlined />, scope: "tasks:read", keys: "g d" },
      { name: "events", path: "/events", icon: <ThunderboltOutlined />, scope: "events:read", keys: "g e" },
      { name: "templates", path: "/templates", icon: <AppstoreOutlined />, scope: "tasks:read", keys: "g m" },
      { name: "calendars", path: "/calendars", icon: <CalendarOutlined />, scope: "tasks:read" },
    ],
  },
  {
    name: "group.operate",
    places: [
      { name: "queues", path: "/queues", icon: <UnorderedListOutlined />, scope: "queues:read", keys: "g q" },
      { name: "executors", path: "/executors", icon: <CloudServerOutlined />, scope: "executors:read", keys: "g x" },
      { name: "dead", path: "/dead-letters", icon: <WarningOutlined />, scope: "dead-letters:read", keys: "g f" },
    ],
  },
  {
    name: "group.platform",
    places: [
      { name: "accounts", path: "/accounts", icon: <UserOutlined />, scope: "accounts:read", keys: "g a" },
      { name: "runtimes", path: "/runtimes", icon: <ApiOutlined />, scope: "accounts:read" },
      { name: "scripts", path: "/scripts", icon: <CodeOutlined />, scope: "scripts:read", keys: "g s" },
      { name: "backups", path: "/backups", icon: <DatabaseOutlined />, scope: "backups:read", keys: "g b" },
    ],
  },
  {
    name: "group.tell",
    places: [
      { name: "alerts", path: "/alerts", icon: <AlertOutlined />, scope: "alerts:read", keys: "g w" },
      { name: "rules", path: "/alert-rules", icon: <SafetyOutlined />, scope: "alerts:read" },
      { name: "silences", path: "/alert-silences", icon: <MutedOutlined />, scope: "alerts:read" },
      { name: "alertSettings", path: "/alert-settings", icon: <ControlOutlined />, scope: "alerts:read" },
      { name: "channels", path: "/channels", icon: <BellOutlined />, scope: "channels:read", keys: "g n" },
    ],
  },
  {
    name: "group.access",
    places: [
      { name: "secrets", path: "/secrets", icon: <LockOutlined />, scope: "secrets:read" },
      { name: "users", path: "/users", icon: <TeamOutlined />, scope: "admin" },
      { name: "tokens", path: "/tokens", icon: <KeyOutlined />, scope: null },
      { name: "audit", path: "/audit", icon: <AuditOutlined />, scope: "audit:read" },
    ],
  },
];

export const PLACES: Place[] = GROUPS.flatMap((group) => group.places);
