// The frame of every page: side bar (a drawer on small screens), header, palette, shortcuts, and the door:
// who is not logged in is sent to the log-in page and comes back to where they wanted to go.
import { MenuFoldOutlined, MenuOutlined, MenuUnfoldOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Drawer, Grid, Layout, Menu, Skeleton } from "antd";
import { Suspense, useState } from "react";
import { Link, Navigate, Outlet, useLocation, useNavigate } from "react-router";
import { LogInAgain } from "@/features/access/LogInAgain";
import { GROUPS, type Place, PLACES, PLACES_TEXTS } from "./navigation";
import { Palette } from "./Palette";
import { Reachability } from "./Reachability";
import { useSession } from "./session";
import { SHELL } from "./shell-texts";
import { ShortcutSheet } from "./ShortcutSheet";
import { useShortcut } from "./shortcuts";
import { useTexts } from "./texts";
import { UserMenu } from "./UserMenu";

const FOLDED = "automation.nav.folded";

export function Shell() {
  const { session, ended, loading, error } = useSession();
  const location = useLocation();

  if (loading || (error && !session)) return <Skeleton active style={{ padding: 48 }} />;
  // A session that ends under somebody's hands is renewed in a dialog; the page stays.
  if (!session) {
    const wanted = location.pathname + location.search + location.hash;
    return <Navigate to={`/login?next=${encodeURIComponent(wanted)}`} replace />;
  }
  return (
    <>
      <Frame />
      {ended ? <LogInAgain name={session.user?.name ?? ""} /> : null}
    </>
  );
}

function Frame() {
  const t = useTexts(SHELL);
  const wide = Grid.useBreakpoint().lg ?? window.innerWidth >= 992;
  const [open, setOpen] = useState(false);
  const [folded, setFolded] = useState(() => readFolded());
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  useShortcut("mod+k", t("palette.title"), () => setPalette(true), { whileTyping: true });
  useShortcut("?", t("sheet.open"), () => setSheet(true));

  const fold = () => {
    setFolded(!folded);
    localStorage.setItem(FOLDED, folded ? "" : "1");
  };
  return (
    <Layout style={{ minHeight: "100vh" }}>
      <a className="skip-link" href="#content">
        {t("skip")}
      </a>
      {wide ? (
        <Layout.Sider width={216} collapsedWidth={60} collapsed={folded} style={{ position: "sticky", top: 0, height: "100vh", overflowY: "auto", borderInlineEnd: "1px solid var(--ant-color-border-secondary)" }}>
          <Brand folded={folded} />
          <Navigation folded={folded} />
        </Layout.Sider>
      ) : (
        <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={264} title={t("product")} styles={{ body: { padding: 8 } }}>
          <Navigation folded={false} onChoose={() => setOpen(false)} />
        </Drawer>
      )}
      <Layout style={{ minWidth: 0 }}>
        <Layout.Header style={{ position: "sticky", top: 0, zIndex: 20, display: "flex", alignItems: "center", gap: 8, borderBlockEnd: "1px solid var(--ant-color-border-secondary)", lineHeight: "normal" }}>
          <Button
            type="text"
            aria-label={wide ? t("nav.fold") : t("nav.open")}
            icon={wide ? folded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined /> : <MenuOutlined />}
            onClick={wide ? fold : () => setOpen(true)}
          />
          <Button icon={<SearchOutlined />} onClick={() => setPalette(true)} style={{ flex: "0 1 320px", minWidth: 0, justifyContent: "flex-start", color: "var(--ant-color-text-description)" }}>
            <span style={{ overflow: "hidden", textOverflow: "ellipsis" }}>{t("search")}</span>
            {wide ? <kbd style={{ marginInlineStart: "auto" }}>Ctrl K</kbd> : null}
          </Button>
          <span style={{ flex: 1 }} />
          <UserMenu onShortcuts={() => setSheet(true)} />
        </Layout.Header>
        <Layout.Content id="content" role="main" tabIndex={-1} style={{ padding: wide ? 24 : 12, outline: "none", minWidth: 0 }}>
          <Suspense fallback={<Skeleton active />}>
            <Outlet />
          </Suspense>
        </Layout.Content>
      </Layout>
      <Reachability />
      <Palette open={palette} onClose={() => setPalette(false)} />
      <ShortcutSheet open={sheet} onClose={() => setSheet(false)} />
      <PlaceKeys />
    </Layout>
  );
}

function Brand({ folded }: { folded: boolean }) {
  const t = useTexts(SHELL);
  return (
    <Link to="/" style={{ display: "flex", alignItems: "center", gap: 10, padding: "12px 16px", height: 52, color: "var(--ant-color-text)", fontWeight: 600, whiteSpace: "nowrap", overflow: "hidden" }}>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      {folded ? <span className="visually-hidden">{t("product")}</span> : t("product")}
    </Link>
  );
}

function Navigation({ folded, onChoose }: { folded: boolean; onChoose?: () => void }) {
  const t = useTexts(SHELL);
  const name = useTexts(PLACES_TEXTS);
  const { can } = useSession();
  const { pathname } = useLocation();
  const here = PLACES.filter((place) => place.path !== "/" && (pathname === place.path || pathname.startsWith(`${place.path}/`)));
  const entry = (place: Place) => ({ key: place.path, icon: place.icon, label: <Link to={place.path}>{name(place.name)}</Link> });
  const groups = GROUPS.map((group) => ({ ...group, places: group.places.filter((place) => !place.scope || can(place.scope)) })).filter((group) => group.places.length > 0);
  return (
    <nav aria-label={t("nav")}>
      <Menu
        mode="inline"
        selectedKeys={[here[0]?.path ?? (pathname === "/" ? "/" : "")]}
        onClick={() => onChoose?.()}
        style={{ borderInlineEnd: 0, padding: "0 4px 24px" }}
        items={
          folded
            ? groups.flatMap((group) => group.places.map(entry))
            : groups.map((group) => ({ key: group.name, type: "group" as const, label: name(group.name), children: group.places.map(entry) }))
        }
      />
    </nav>
  );
}

/** One invisible component per key, because hooks cannot be called in a loop of changing length. */
function PlaceKeys() {
  return PLACES.filter((place) => place.keys).map((place) => <PlaceKey key={place.path} place={place} />);
}

function PlaceKey({ place }: { place: Place }) {
  const t = useTexts(SHELL);
  const name = useTexts(PLACES_TEXTS);
  const navigate = useNavigate();
  const { can } = useSession();
  useShortcut(place.keys ?? "", t("sheet.go", { place: name(place.name) }), () => void navigate(place.path), {
    enabled: !place.scope || can(place.scope),
  });
  return null;
}

function readFolded(): boolean {
  try {
    return localStorage.getItem(FOLDED) === "1";
  } catch {
    return false;
  }
}
