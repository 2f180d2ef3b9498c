// A button that leads to another page: a link underneath, so that it can be opened in another tab.
import { Button, type ButtonProps } from "antd";
import type { MouseEvent } from "react";
import { useHref, useLinkClickHandler } from "react-router";

export function LinkButton({ to, ...button }: { to: string } & Omit<ButtonProps, "href" | "onClick">) {
  const href = useHref(to);
  const go = useLinkClickHandler<HTMLAnchorElement>(to);
  return <Button {...button} href={href} onClick={(event) => go(event as MouseEvent<HTMLAnchorElement>)} />;
}
