{{/*
Grafana boards: one a service ("mahila-lib.dashboard") and one of the suite ("mahila-lib.suite-dashboard"), each a ConfigMap that Grafana's
sidecar finds by its label. What a board shows stands below as rows of panels; "mahila-lib.dashboard.json" lays them out and
says what Grafana must be told of each.

A panel: title, about (its description), kind (lines; or stat, table, matrix), unit, limit (where its alert stands, drawn as a line), and what
it shows: expr, as (the legend; left out, the labels that differ), exemplars (dots that lead to a trace).
Matchers have names ($of and others, see _observed.tpl); $namespace and $method are chosen on the board.
*/}}
{{- define "mahila-lib.dashboard" -}}
{{- if .Values.global.monitoring.dashboards.enabled -}}
{{- $observed := get (fromYaml (include "mahila-lib.observed" .)) .Chart.Name -}}
{{- $rows := include "mahila-lib.dashboard.service" (dict "root" . "observed" $observed) -}}
{{- $of := printf "namespace=\"$namespace\", service_name=%q" .Chart.Name -}}
{{- include "mahila-lib.dashboard.configmap" (dict "root" . "name" .Chart.Name "rows" $rows "of" $of "call" $observed.call) -}}
{{- end -}}
{{- end -}}

{{- define "mahila-lib.suite-dashboard" -}}
{{- if .Values.global.monitoring.dashboards.enabled -}}
{{- $calls := list -}}
{{- range fromYaml (include "mahila-lib.observed" .) }}{{ $calls = append $calls .call }}{{ end -}}
{{- $rows := include "mahila-lib.dashboard.suite" . -}}
{{- include "mahila-lib.dashboard.configmap" (dict "root" . "name" "suite" "rows" $rows "of" "namespace=\"$namespace\"" "call" (join "|" $calls)) -}}
{{- end -}}
{{- end -}}

{{/* The board of one service. */}}
{{- define "mahila-lib.dashboard.service" -}}
- row: Health
  panels:
  - title: Instances ready
    about: Instances that take calls. Readiness falls with the database and at the end of an instance.
    kind: stat
    show: [{expr: 'sum(mahila_ready{$of})', as: ready}, {expr: 'count(mahila_ready{$of})', as: there}]
  - title: Calls a second
    about: Calls that were answered, without streams.
    kind: stat
    unit: reqps
    show: [{expr: 'sum(rate(rpc_server_call_duration_seconds_count{$unary}[$__rate_interval]))', as: calls}]
  - title: Calls failed by us
    about: Share of the calls whose status is our fault; 0.1 % of 30 days may be.
    kind: stat
    unit: percentunit
    limit: 0.001
    show:
    - expr: (sum(rate(rpc_server_call_duration_seconds_count{$unary, rpc_response_status_code=~"$faults"}[$__rate_interval])) or vector(0)) / sum(rate(rpc_server_call_duration_seconds_count{$unary}[$__rate_interval]))
      as: failed
  - title: Certificates remain
    about: Time until a certificate in use expires.
    kind: stat
    unit: s
    show: [{expr: 'min by (mahila_tls_certificate) (mahila_tls_certificate_remaining_seconds{$of})'}]

- row: Calls
  panels:
  - title: Rate by method
    about: Calls a second that were answered, by method. Choose methods above.
    unit: reqps
    show: [{expr: 'sum by (rpc_method) (rate(rpc_server_call_duration_seconds_count{$of, rpc_method=~"$method"}[$__rate_interval]))'}]
  - title: Errors by status
    about: Calls a second that were not answered OK, by gRPC status. What the caller did wrong is here too.
    unit: reqps
    show: [{expr: 'sum by (rpc_response_status_code) (rate(rpc_server_call_duration_seconds_count{$of, rpc_method=~"$method", rpc_response_status_code!="OK"}[$__rate_interval]))'}]
  - title: Duration
    about: How long calls took, without streams. A dot is a call that was traced; it leads to its trace.
    unit: s
    show:
    - {expr: 'histogram_quantile(0.50, sum by (le) (rate(rpc_server_call_duration_seconds_bucket{$unary, rpc_method=~"$method"}[$__rate_interval])))', as: p50}
    - {expr: 'histogram_quantile(0.95, sum by (le) (rate(rpc_server_call_duration_seconds_bucket{$unary, rpc_method=~"$method"}[$__rate_interval])))', as: p95}
    - {expr: 'histogram_quantile(0.99, sum by (le) (rate(rpc_server_call_duration_seconds_bucket{$unary, rpc_method=~"$method"}[$__rate_interval])))', as: p99, exemplars: true}
  - title: {{ base .observed.call }}, which somebody waits for
    about: 99 % of its answers must come within 250 ms. A dot is a call that was traced; it leads to its trace.
    unit: s
    limit: 0.25
    show:
    - {expr: 'histogram_quantile(0.50, sum by (le) (rate(rpc_server_call_duration_seconds_bucket{$waited}[$__rate_interval])))', as: p50}
    - {expr: 'histogram_quantile(0.99, sum by (le) (rate(rpc_server_call_duration_seconds_bucket{$waited}[$__rate_interval])))', as: p99, exemplars: true}

- row: Slow methods and open calls
  panels:
  - title: p95 by method
    about: Which method is slow.
    unit: s
    show: [{expr: 'histogram_quantile(0.95, sum by (rpc_method, le) (rate(rpc_server_call_duration_seconds_bucket{$unary, rpc_method=~"$method"}[$__rate_interval])))', exemplars: true}]
  - title: In flight
    about: Calls and streams that are being served now, by instance.
    show: [{expr: 'sum by (instance) (mahila_rpc_in_flight{$of})'}]
  - title: Ready
    about: 1 while an instance is ready.
    show: [{expr: 'min by (instance) (mahila_ready{$of})'}]

- row: Writes
  panels:
  - title: Queue
    about: Commands that wait for the writer, by instance. A full queue turns writes away.
    show: [{expr: 'max by (instance) (mahila_write_queue{$of})'}]
  - title: Turned away
    about: Commands a second that found the queue full.
    unit: ops
    show: [{expr: 'sum by (instance) (rate(mahila_write_refused_total{$of}[$__rate_interval]))'}]
  - title: Commands a transaction
    about: What queued while the last COMMIT ran shares the next. Large batches mean that COMMIT is slow, or that there is much to do.
    show:
    - {expr: 'histogram_quantile(0.50, sum by (le) (rate(mahila_write_batch_size_bucket{$of}[$__rate_interval])))', as: p50}
    - {expr: 'histogram_quantile(0.95, sum by (le) (rate(mahila_write_batch_size_bucket{$of}[$__rate_interval])))', as: p95}
  - title: From queued to answered
    about: What a write waits for the writer and its COMMIT.
    unit: s
    show:
    - {expr: 'histogram_quantile(0.50, sum by (le) (rate(mahila_write_wait_seconds_bucket{$of}[$__rate_interval])))', as: p50}
    - {expr: 'histogram_quantile(0.95, sum by (le) (rate(mahila_write_wait_seconds_bucket{$of}[$__rate_interval])))', as: p95}
    - {expr: 'histogram_quantile(0.99, sum by (le) (rate(mahila_write_wait_seconds_bucket{$of}[$__rate_interval])))', as: p99, exemplars: true}

- row: Connections to the database
  panels:
  - title: Connections
    about: In use and idle, of all instances together, and how many there may be.
    show:
    - {expr: 'sum by (db_client_connection_state) (db_client_connection_count{$of})'}
    - {expr: 'sum(db_client_connection_max{$of})', as: at most}
  - title: Waiting for a connection
    about: How long readiness, which asks as every call does, waited for a connection.
    unit: s
    limit: 0.25
    show:
    - {expr: 'histogram_quantile(0.50, sum by (le) (rate(db_client_connection_wait_time_seconds_bucket{$of}[$__rate_interval])))', as: p50}
    - {expr: 'histogram_quantile(0.95, sum by (le) (rate(db_client_connection_wait_time_seconds_bucket{$of}[$__rate_interval])))', as: p95}
{{- if (include "mahila-lib.service" .root | fromYaml).follows }}

- row: Followed journals
  panels:
  - title: Entries behind
    about: Entries of a source's journal that are not applied here yet.
    show: [{expr: 'max by (mahila_feed_source) (mahila_feed_lag{$of})'}]
  - title: Silence
    about: Time since a source was last heard. It says something every five seconds.
    unit: s
    limit: 60
    show: [{expr: 'max by (mahila_feed_source) (mahila_feed_silence_seconds{$of})'}]
  - title: Applied
    about: Entries applied a second.
    unit: ops
    show: [{expr: 'sum by (mahila_feed_source) (rate(mahila_feed_applied_total{$of}[$__rate_interval]))'}]
{{- end }}
{{- if .observed.sweeps }}

- row: What runs by itself
  panels:
  - title: Since the last success
    about: Time since the last success of each sweep on any instance. They run every minute or oftener.
    unit: s
    limit: 300
    show: [{expr: 'min by (mahila_due_task) (mahila_due_age_seconds{$of})'}]
  - title: Failed runs
    about: Runs a second that failed. Each is tried again.
    unit: ops
    show: [{expr: 'sum by (mahila_due_task) (rate(mahila_due_failures_total{$of}[$__rate_interval]))'}]
{{- end }}
{{- if eq .root.Chart.Name "station-registry" }}

- row: Desks today · आज के हेल्प डेस्क
  panels:
  - title: Desks · हेल्प डेस्क
    about: Expected on the roll, reported, silent though open. · सूची में अपेक्षित, सूचना देने वाले, खुले होकर भी मौन।
    show: [{expr: 'max by (mahila_desk_state) (mahila_registry_desks{$of})'}]
{{- end }}
{{- end -}}

{{/* The board of the suite. */}}
{{- define "mahila-lib.dashboard.suite" -}}
- row: Health
  panels:
  - title: Instances ready
    about: Instances of each service that take calls.
    kind: stat
    show: [{expr: 'sum by (service_name) (mahila_ready{$of})'}]
  - title: Alerts that fire
    about: What Prometheus fires now. RUNBOOKS.md has a heading for each.
    kind: table
    show: [{expr: 'count by (alertname, service_name, severity) (ALERTS{namespace="$namespace", alertname=~"Mahila.+", alertstate="firing"})'}]
  - title: Certificates remain
    about: Time until the first certificate of each service expires.
    kind: stat
    unit: s
    show: [{expr: 'min by (service_name) (mahila_tls_certificate_remaining_seconds{$of})'}]

- row: Calls
  panels:
  - title: Calls a second
    about: Calls that were answered, without streams.
    unit: reqps
    show: [{expr: 'sum by (service_name) (rate(rpc_server_call_duration_seconds_count{$unary}[$__rate_interval]))'}]
  - title: Calls failed by us
    about: Share of the calls whose status is our fault; 0.1 % of 30 days may be.
    unit: percentunit
    limit: 0.001
    show: [{expr: 'sum by (service_name) (rate(rpc_server_call_duration_seconds_count{$unary, rpc_response_status_code=~"$faults"}[$__rate_interval])) / sum by (service_name) (rate(rpc_server_call_duration_seconds_count{$unary}[$__rate_interval]))'}]
  - title: p99 of the call that somebody waits for
    about: RegisterComplaint, CheckIn, RecordDecision, ReportEvent, GetStatement. A dot is a call that was traced; it leads to its trace.
    unit: s
    limit: 0.25
    show: [{expr: 'histogram_quantile(0.99, sum by (rpc_method, le) (rate(rpc_server_call_duration_seconds_bucket{$waited}[$__rate_interval])))', exemplars: true}]

- row: Budgets, as the alerts see them
  panels:
  - title: Errors, times the pace that 30 days allow
    about: 'At 1 the budget lasts exactly 30 days; above 14.4 in an hour somebody is called. From the recording rules (monitoring.rules).'
    limit: 14.4
    show:
    - {expr: 'service:mahila_calls_failed:rate1h{$of} / service:mahila_calls:rate1h{$of} / 0.001'}
  - title: Slow answers, times the pace that 30 days allow
    about: The same of answers that took longer than 250 ms, of which 1 % may.
    limit: 14.4
    show:
    - {expr: 'service:mahila_waited_slow:rate1h{$of} / service:mahila_waited:rate1h{$of} / 0.01'}

- row: Followed journals
  panels:
  - title: Entries behind
    about: Who (rows) is how far behind whom (columns).
    kind: matrix
    show: [{expr: 'max by (service_name, mahila_feed_source) (mahila_feed_lag{$of})'}]
  - title: Longest silence
    about: Time since a follower last heard a source. It says something every five seconds.
    unit: s
    limit: 60
    show: [{expr: 'max by (service_name, mahila_feed_source) (mahila_feed_silence_seconds{$of})'}]
  - title: Sweeps, since the last success
    about: What runs by itself. It runs every minute or oftener.
    unit: s
    limit: 300
    show: [{expr: 'min by (service_name, mahila_due_task) (mahila_due_age_seconds{$of})'}]

- row: Women and desks · महिलाएँ और हेल्प डेस्क
  panels:
  - title: Complaints a minute · प्रति मिनट शिकायतें
    about: Complaints that were registered. · दर्ज की गई शिकायतें।
    unit: cpm
    show: [{expr: '60 * sum(rate(rpc_server_call_duration_seconds_count{$of, rpc_method="mahila.intake.v1.IntakeService/RegisterComplaint", rpc_response_status_code="OK"}[$__rate_interval]))', as: complaints · शिकायतें}]
  - title: Desks today · आज के हेल्प डेस्क
    about: Expected on the roll, reported, silent though open. · सूची में अपेक्षित, सूचना देने वाले, खुले होकर भी मौन।
    kind: stat
    show:
    - {expr: 'max(mahila_registry_desks{$of, mahila_desk_state="expected"})', as: expected · अपेक्षित}
    - {expr: 'max(mahila_registry_desks{$of, mahila_desk_state="reported"})', as: reported · सूचना मिली}
    - {expr: 'max(mahila_registry_desks{$of, mahila_desk_state="silent"})', as: silent · मौन}
  - title: Silent desks · मौन हेल्प डेस्क
    about: Share of the desks on the roll that are open now and have not been heard from today. · सूची के वे हेल्प डेस्क जो खुले हैं, पर जिनसे आज कोई सूचना नहीं मिली।
    unit: percentunit
    show: [{expr: 'max(mahila_registry_desks{$of, mahila_desk_state="silent"}) / max(mahila_registry_desks{$of, mahila_desk_state="expected"})', as: silent · मौन}]
{{- end -}}

{{/* The ConfigMap of a board. Called with root, name, rows (YAML), and of and call as in _observed.tpl. */}}
{{- define "mahila-lib.dashboard.configmap" -}}
{{- $dashboards := .root.Values.global.monitoring.dashboards -}}
{{- $rows := fromYamlArray (include "mahila-lib.observed.queries" (dict "text" .rows "of" .of "call" .call)) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .root.Chart.Name }}-dashboard
  labels: {{- merge (include "mahila-lib.labels" (dict "context" .root "component" "monitoring") | fromYaml) $dashboards.labels | toYaml | nindent 4 }}
  {{- with $dashboards.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  mahila-{{ .name }}.json: |
    {{- include "mahila-lib.dashboard.json" (dict "name" .name "rows" $rows "namespace" .root.Release.Namespace "traces" $dashboards.traces) | fromYaml | toPrettyJson | nindent 4 }}
{{- end -}}

{{/* The board as Grafana reads it, as YAML. A row's panels share its 24 columns; a heading is one line high and panels are eight. */}}
{{- define "mahila-lib.dashboard.json" -}}
uid: mahila-{{ .name }}
title: {{ printf "Mahila help desk: %s" .name | quote }}
tags: [mahila]
schemaVersion: 39
timezone: Asia/Kolkata
refresh: 30s
time: {from: now-3h, to: now}
graphTooltip: 1
links:
- {type: dashboards, title: Boards, tags: [mahila], asDropdown: true, includeVars: true, keepTime: true}
# Explore opens the trace whose id stands in the box "Trace".
- type: link
  title: Trace
  icon: external link
  targetBlank: true
  url: {{ printf "/explore?schemaVersion=1&panes={\"trace\":{\"datasource\":\"${traces}\",\"queries\":[{\"refId\":\"A\",\"datasource\":{\"type\":%q,\"uid\":\"${traces}\"},%s\"query\":\"${trace}\"}],\"range\":{\"from\":\"now-24h\",\"to\":\"now\"}}}" .traces (ternary "\"queryType\":\"traceql\"," "" (eq .traces "tempo")) | toJson }}
templating:
  list:
  - {name: datasource, label: Prometheus, type: datasource, query: prometheus}
  - {name: traces, label: Traces, type: datasource, query: {{ .traces }}}
  - name: namespace
    label: Namespace
    type: query
    datasource: {type: prometheus, uid: "${datasource}"}
    query: label_values(mahila_ready, namespace)
    current: {text: {{ .namespace }}, value: {{ .namespace }}}
    refresh: 1
  {{- if ne .name "suite" }}
  - name: method
    label: Method
    type: query
    datasource: {type: prometheus, uid: "${datasource}"}
    query: label_values(rpc_server_call_duration_seconds_count{namespace="$namespace", service_name={{ .name | quote }}}, rpc_method)
    multi: true
    includeAll: true
    allValue: .*
    current: {text: All, value: $__all}
    refresh: 2
  {{- end }}
  - {name: trace, label: Trace, type: textbox}
panels:
{{- range $y, $row := .rows }}
{{- $top := mul $y 9 }}
- id: {{ mul (add1 $y) 100 }}
  type: row
  title: {{ $row.row | quote }}
  gridPos: {x: 0, "y": {{ $top }}, w: 24, h: 1}
{{- $width := div 24 (len $row.panels) }}
{{- range $x, $panel := $row.panels }}
- id: {{ add (mul (add1 $y) 100) $x 1 }}
  gridPos: {x: {{ mul $x $width }}, "y": {{ add1 $top }}, w: {{ $width }}, h: 8}
  {{- include "mahila-lib.dashboard.panel" $panel | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "mahila-lib.dashboard.panel" -}}
{{- $kind := .kind | default "lines" -}}
type: {{ get (dict "lines" "timeseries" "stat" "stat" "table" "table" "matrix" "table") $kind }}
title: {{ .title | toJson }}
description: {{ .about | toJson }}
datasource: {type: prometheus, uid: "${datasource}"}
fieldConfig:
  defaults:
    unit: {{ .unit | default "short" }}
    min: 0
    {{- if eq $kind "lines" }}
    custom: {fillOpacity: 5, thresholdsStyle: {mode: {{ ternary "line" "off" (hasKey . "limit") | quote }}}}
    {{- end }}
    thresholds:
      mode: absolute
      steps:
      - {color: green, value: null}
      {{- with .limit }}
      - {color: red, value: {{ . }}}
      {{- end }}
  overrides: []
{{- if eq $kind "lines" }}
options: {legend: {displayMode: list, placement: bottom}, tooltip: {mode: multi, sort: desc}}
{{- else if eq $kind "stat" }}
options: {reduceOptions: {calcs: [lastNotNull]}, colorMode: value, graphMode: area, textMode: auto}
{{- else if eq $kind "matrix" }}
transformations:
- {id: groupingToMatrix, options: {rowField: service_name, columnField: mahila_feed_source, valueField: Value}}
{{- else }}
transformations:
- {id: organize, options: {excludeByName: {Time: true, Value: true}}}
{{- end }}
targets:
{{- range $index, $target := .show }}
- refId: {{ substr $index (int (add1 $index)) "ABCDEFGH" }}
  datasource: {type: prometheus, uid: "${datasource}"}
  expr: {{ $target.expr | toJson }}
  legendFormat: {{ $target.as | default "__auto" | toJson }}
  exemplar: {{ $target.exemplars | default false }}
  {{- if has $kind (list "table" "matrix") }}
  format: table
  instant: true
  {{- else }}
  range: true
  {{- end }}
{{- end }}
{{- end -}}
