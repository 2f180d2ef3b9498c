// Every address of the page. Pages are loaded when they are first opened; a page's file exports `Component`.
import { createBrowserRouter, type RouteObject } from "react-router";
import { Broken } from "./Broken";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

type Page = () => Promise<{ Component: React.ComponentType }>;
const page = (path: string, lazy: Page): RouteObject => ({ path, lazy });

const open: RouteObject[] = [
  page("/login", () => import("@/features/access/LoginPage")),
  page("/setup", () => import("@/features/access/SetupPage")),
  page("/set-password", () => import("@/features/access/SetPasswordPage")),
];

const inside: RouteObject[] = [
  { index: true, lazy: () => import("@/features/dashboard/DashboardPage") },
  page("/tasks", () => import("@/features/tasks/TaskListPage")),
  page("/tasks/new", () => import("@/features/task-form/TaskFormPage")),
  page("/tasks/:taskId", () => import("@/features/tasks/TaskPage")),
  page("/tasks/:taskId/edit", () => import("@/features/task-form/TaskFormPage")),
  page("/templates", () => import("@/features/templates/TemplatesPage")),
  page("/templates/:templateId", () => import("@/features/templates/TemplatePage")),
  page("/events", () => import("@/features/events/EventsPage")),
  page("/calendars", () => import("@/features/calendars/CalendarsPage")),
  page("/runs", () => import("@/features/runs/RunListPage")),
  page("/runs/:runId", () => import("@/features/runs/RunPage")),
  page("/timeline", () => import("@/features/timeline/TimelinePage")),
  page("/graph", () => import("@/features/graph/GraphPage")),
  page("/queues", () => import("@/features/queues/QueuesPage")),
  page("/executors", () => import("@/features/queues/ExecutorsPage")),
  page("/dead-letters", () => import("@/features/dead-letters/DeadLettersPage")),
  page("/accounts", () => import("@/features/accounts/AccountListPage")),
  page("/accounts/:accountId", () => import("@/features/accounts/AccountPage")),
  page("/runtimes", () => import("@/features/accounts/RuntimesPage")),
  page("/scripts", () => import("@/features/scripts/ScriptListPage")),
  page("/scripts/:scriptId", () => import("@/features/scripts/ScriptPage")),
  page("/backups", () => import("@/features/backups/BackupsPage")),
  page("/alerts", () => import("@/features/alerts/AlertsPage")),
  page("/alerts/:alertId", () => import("@/features/alerts/AlertPage")),
  page("/alert-rules", () => import("@/features/alerts/AlertRulesPage")),
  page("/alert-silences", () => import("@/features/alerts/SilencesPage")),
  page("/alert-settings", () => import("@/features/alerts/AlertSettingsPage")),
  page("/channels", () => import("@/features/notifications/ChannelsPage")),
  page("/secrets", () => import("@/features/secrets/SecretsPage")),
  page("/users", () => import("@/features/access/UsersPage")),
  page("/tokens", () => import("@/features/access/TokensPage")),
  page("/audit", () => import("@/features/access/AuditPage")),
  page("/profile", () => import("@/features/access/ProfilePage")),
  { path: "*", Component: NotFound },
];

export const router = createBrowserRouter([
  { errorElement: <Broken />, children: [...open, { Component: Shell, errorElement: <Broken />, children: inside }] },
]);
