{{/*
Combinations that a schema cannot refuse. Each sentence says what is wrong and what to do. Included by the Deployment, so that
nothing is rendered without it.
*/}}
{{- define "mahila-lib.validate" -}}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $name := .Chart.Name }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- /* Who may call. */}}
{{- if not $g.auth.issuer }}
{{- fail "global.auth.issuer is empty: nobody could call; give the `iss` of the tokens of your issuer" }}
{{- end }}
{{- if and $g.auth.jwks.url $g.auth.jwks.existingSecret }}
{{- fail "global.auth.jwks has both url and existingSecret, and one would be ignored; keep one of them" }}
{{- end }}
{{- if not (or $g.auth.jwks.url $g.auth.jwks.existingSecret) }}
{{- fail "global.auth.jwks is empty: no token could be checked; give the url of the issuer's keys, or an existingSecret that holds them" }}
{{- end }}
{{- /* Certificates. */}}
{{- if and (eq $g.tls.mode "existingSecret") (not $v.tls.existingSecret) }}
{{- fail (printf "global.tls.mode is existingSecret, but %s has no tls.existingSecret; name a secret with tls.crt, tls.key and ca.crt" $name) }}
{{- end }}
{{- if and $v.tls.existingSecret (ne $g.tls.mode "existingSecret") }}
{{- fail (printf "tls.existingSecret of %s would be ignored, for global.tls.mode is %s; remove it, or set the mode to existingSecret" $name $g.tls.mode) }}
{{- end }}
{{- if and (eq $g.tls.mode "certManager") (not $g.tls.issuerRef.name) }}
{{- fail "global.tls.mode is certManager, but global.tls.issuerRef.name is empty; name the Issuer or ClusterIssuer that signs" }}
{{- end }}
{{- if le (trimSuffix "h" $g.tls.duration | int) (trimSuffix "h" $g.tls.renewBefore | int) }}
{{- fail "global.tls.renewBefore is not shorter than global.tls.duration: certificates would be renewed without end; give a third of the duration" }}
{{- end }}
{{- /* Database, keys, tokens. */}}
{{- if not (or $v.database.existingSecret $g.cnpg.enabled) }}
{{- fail (printf "%s has no database: name a secret in database.existingSecret, or set global.cnpg.enabled" $name) }}
{{- end }}
{{- if $g.cnpg.enabled }}
{{- if $v.database.caKey }}
{{- fail (printf "database.caKey of %s is for an outside PostgreSQL, but global.cnpg.enabled brings its own authority; leave it empty" $name) }}
{{- end }}
{{- if and (or $g.cnpg.backup.enabled $v.database.cluster.restore.backupName) (not $g.cnpg.backup.objectStore) }}
{{- fail "global.cnpg.backup.objectStore is empty: backups are kept and found there; name an ObjectStore of the Barman Cloud plugin" }}
{{- end }}
{{- if and $v.database.cluster.restore.backupName (eq $v.database.cluster.restore.backupName (include "mahila-lib.backup-name" .)) }}
{{- fail (printf "database.cluster of %s restores from %s and would keep its own backups there too, over those it came from; give database.cluster.backupName another name" $name $v.database.cluster.restore.backupName) }}
{{- end }}
{{- else }}
{{- if $v.database.cluster.restore.backupName }}
{{- fail (printf "database.cluster.restore of %s needs global.cnpg.enabled; an outside PostgreSQL is restored by its own means" $name) }}
{{- end }}
{{- end }}
{{- if and $v.database.cluster.restore.time (not $v.database.cluster.restore.backupName) }}
{{- fail (printf "database.cluster.restore.time of %s says when, but not from which backups; give database.cluster.restore.backupName" $name) }}
{{- end }}
{{- if and $service.vault (not $v.vault.existingSecret) }}
{{- fail "complaint-intake has no vault.existingSecret, and never keeps a name unsealed; make a key file (charts/README.md, Keys of the vault) and name its secret" }}
{{- end }}
{{- if and $service.follows (not $v.peers.existingSecret) }}
{{- fail (printf "%s has no peers.existingSecret, and those it follows turn strangers away; name the secret with its token" $name) }}
{{- end }}
{{- /* Scaling, and going away. */}}
{{- if and $v.autoscaling.enabled (not (kindIs "invalid" $v.replicas)) }}
{{- fail (printf "%s has replicas: %v and autoscaling.enabled, which would undo each other at every upgrade; leave replicas out" $name $v.replicas) }}
{{- end }}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
{{- fail (printf "autoscaling of %s has minReplicas above maxReplicas; exchange them" $name) }}
{{- end }}
{{- if and $v.autoscaling.enabled (not (dig "requests" "cpu" "" $v.resources)) }}
{{- fail (printf "autoscaling of %s aims at a share of the requested CPU, and none is requested; set resources.requests.cpu" $name) }}
{{- end }}
{{- $pods := include "mahila-lib.pods-at-least" . | int }}
{{- if and $v.podDisruptionBudget.enabled (gt $pods 1) (ge (int $v.podDisruptionBudget.minAvailable) $pods) }}
{{- fail (printf "podDisruptionBudget.minAvailable of %s is %v of %d pods: no node could ever be drained; set it below the number of pods" $name $v.podDisruptionBudget.minAvailable $pods) }}
{{- end }}
{{- $needed := add 5000 $v.server.drainDelayMs $v.server.drainTimeoutMs }}
{{- if lt (mul 1000 (int $v.terminationGracePeriodSeconds)) $needed }}
{{- fail (printf "terminationGracePeriodSeconds of %s is %v, but draining takes up to %d ms and 5 s to end: calls would be cut off; raise it, or shorten server.drainTimeoutMs" $name $v.terminationGracePeriodSeconds (sub $needed 5000)) }}
{{- end }}
{{- /* The way in from outside. */}}
{{- if $g.gateway.enabled }}
{{- if not $g.gateway.parentRefs }}
{{- fail "global.gateway.enabled makes routes that no gateway takes; name one in global.gateway.parentRefs" }}
{{- end }}
{{- if and $g.networkPolicy.enabled (not $g.networkPolicy.clients) }}
{{- fail "global.gateway.enabled, but the network policy lets no gateway in; add its namespace to global.networkPolicy.clients" }}
{{- end }}
{{- if and (ne $g.tls.mode "none") $g.gateway.backendTLSPolicy (not $g.tls.caConfigMap.name) }}
{{- fail "a BackendTLSPolicy reads authorities from a ConfigMap; name it in global.tls.caConfigMap, or set global.gateway.backendTLSPolicy: false and tell your gateway by its own means" }}
{{- end }}
{{- if and (ne $g.tls.mode "none") (eq $g.tls.clientCertificates "required") $g.gateway.backendTLSPolicy }}
{{- fail "global.tls.clientCertificates is required, but a gateway with a BackendTLSPolicy shows none of ours; set it to services, or backendTLSPolicy: false if your gateway shows one" }}
{{- end }}
{{- end }}
{{- /* Variables. Their names are read without regard to case. */}}
{{- $own := dict }}
{{- range include "mahila-lib.env" . | fromYamlArray }}
{{- $_ := set $own (lower .name) true }}
{{- end }}
{{- range $key, $_ := $v.extraEnv }}
{{- if regexMatch "(?i)^mahila__(clock|simulated)|^mahila_settings$" $key }}
{{- fail (printf "extraEnv of %s has %s: an installation by this chart is never a simulation; for one, run `mahila up`" $name $key) }}
{{- end }}
{{- if hasKey $own (lower $key) }}
{{- fail (printf "extraEnv of %s has %s, which the chart sets already; change the value that it comes from" $name $key) }}
{{- end }}
{{- end }}
{{- end }}

{{/* How many pods there are at any time. */}}
{{- define "mahila-lib.pods-at-least" -}}
{{- if .Values.autoscaling.enabled }}{{ int .Values.autoscaling.minReplicas }}{{ else }}{{ kindIs "invalid" .Values.replicas | ternary 2 .Values.replicas | int }}{{ end }}
{{- end }}
