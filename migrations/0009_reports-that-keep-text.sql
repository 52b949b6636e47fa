DROP INDEX `reports_created`;--> statement-breakpoint
CREATE INDEX `reports_created` ON `reports` (`created_at`) WHERE (kept <> '[]' OR note <> '');