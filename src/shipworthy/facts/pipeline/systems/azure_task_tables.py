"""What well-known tasks of Azure Pipelines do. Facts from the tasks' own reference pages, by name without version."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words as _words

# Tasks that do the same whatever their inputs are.
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        _words("runvisualstudiotestsusingtestagent fluttertest runmatlabtests appcentertest "
               "xamarintestcloud unitytest"),
        Kind.TEST,
    ),
    **dict.fromkeys(
        _words("vsbuild msbuild xamarinios xamarinandroid flutterbuild unitybuild cmake runmatlabbuild"), Kind.BUILD
    ),
    **dict.fromkeys(
        _words("sonarqubeanalyze sonarcloudanalyze dependency-check-build-task snyksecurityscan trivy credscan binskim "
               "microsoftsecuritydevops whitesource mendscan policheck antimalware semmle codeql3000analyze semgrep "
               "advancedsecurity-codeql-analyze advancedsecurity-dependency-scanning checkmarx checkov gitleaks "
               "fortifysast veracode owaspzap tfsec componentgovernancecomponentdetection"),
        Kind.SCAN,
    ),
    **dict.fromkeys(
        _words("azurewebapp azurewebappcontainer azurefunctionapp azurefunctionappcontainer azurermwebappdeployment "
               "azurestaticwebapp azurecontainerapps azurespringcloud azurespringapps azureresourcegroupdeployment "
               "azureresourcemanagertemplatedeployment azurevmssdeployment azurefilecopy sqlazuredacpacdeployment "
               "sqldacpacdeploymentonmachinegroup sqlserverdacpacdeploy servicefabricdeploy servicefabriccomposedeploy "
               "iiswebappdeploymentonmachinegroup iiswebappdeploy windowsmachinefilecopy copyfilesoverssh ssh "
               "azuremysqldeployment azurecloudpowershelldeployment octopusdeployrelease s3upload lambdadeployfunction "
               "cloudformationcreateorupdatestack beanstalkdeployapplication codedeploydeployapplication "
               "elasticbeanstalkdeploy appcenterdistribute azureblobfilecopy azuredatafactory synapsedeployment "
               "databricksdeployscripts azuremlmodeldeploy bicepdeploy azurestackdeployment vercel-deployment-task "
               "vercel-azdo-deploy netlify-deploy powerplatformimportsolution sftpupload ftpupload cloudfoundrypush"),
        Kind.DEPLOY,
    ),
    **dict.fromkeys(
        _words("nugetpublisher googleplayrelease googleplayrolloutupdate appstorerelease ecrpushimage "
               "publishvsextension publishvisualstudiomarketplace dockerpush publishazuredevopsextension"),
        Kind.PUBLISH,
    ),
}  # fmt: skip
# Tasks whose command (in one of these inputs, else the default) decides: what stands in the table, else nothing.
COMMANDS: Mapping[str, tuple[tuple[str, ...], str, Mapping[str, Kind]]] = {
    "docker": (
        ("command", "action"),
        "buildandpush",
        {
            "buildandpush": Kind.PUBLISH, "push": Kind.PUBLISH, "build": Kind.BUILD, "build an image": Kind.BUILD,
            "build images": Kind.BUILD, "push an image": Kind.PUBLISH, "push images": Kind.PUBLISH,
            "build and push": Kind.PUBLISH,
        },
    ),
    "nugetcommand": (("command",), "restore", {"push": Kind.PUBLISH}),
    "nuget": (("command",), "restore", {"push": Kind.PUBLISH}),
    "universalpackages": (("command",), "download", {"publish": Kind.PUBLISH}),
    "githubrelease": (("action",), "create", {"create": Kind.PUBLISH, "edit": Kind.PUBLISH}),
    "kubernetesmanifest": (
        ("action",), "deploy", {"deploy": Kind.DEPLOY, "promote": Kind.DEPLOY, "patch": Kind.DEPLOY},
    ),
    "helmdeploy": (("command",), "ls", {"upgrade": Kind.DEPLOY, "install": Kind.DEPLOY, "rollback": Kind.DEPLOY}),
    "packageandeployhelmcharts": (("command",), "ls", {"upgrade": Kind.DEPLOY, "install": Kind.DEPLOY}),
    "azureappservicemanage": (("action",), "swap slots", {"swap slots": Kind.DEPLOY}),
    "terraformtask": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraformtaskv1": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraformtaskv2": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraformtaskv3": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraformtaskv4": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraformcli": (("command",), "init", {"apply": Kind.DEPLOY}),
    "terraform": (("command",), "init", {"apply": Kind.DEPLOY}),
    "pulumi": (("command",), "", {"up": Kind.DEPLOY}),
    "octopuscreaterelease": (("deploytoenvironment",), "", {}),
    "dotnetcorecli": (("command",), "build", {"push": Kind.PUBLISH, "build": Kind.BUILD, "publish": Kind.BUILD}),
    "npm": (("command",), "install", {"publish": Kind.PUBLISH}),
    "xcode": (("actions",), "build", {"build": Kind.BUILD}),
}  # fmt: skip
# Tasks that are one program: its words before the arguments, and the inputs that are its arguments, in order.
PROGRAMS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "yarn": ("yarn", ("arguments", "script"), "projectdirectory"),
    "yarnpkg": ("yarn", ("arguments",), "projectdirectory"),
    "gulp": ("gulp", ("targets", "arguments"), "cwd"),
    "grunt": ("grunt", ("targets", "arguments"), "cwd"),
    "ant": ("ant", ("targets", "options"), ""),
    "go": ("go", ("command", "arguments", "customcommand"), "workingdirectory"),
    "kubernetes": ("kubectl", ("command", "arguments"), ""),
    "make": ("make", ("target", "makearguments"), "workingdirectory"),
    "cargo": ("cargo", ("cargocommand", "cargooptions"), "workingdirectory"),
    "rustcargo": ("cargo", ("cargocommand", "cargooptions"), "workingdirectory"),
    "cypress": ("cypress run", ("arguments",), "workingdirectory"),
    "fluttercommand": ("flutter", ("arguments",), "projectdirectory"),
    "flutteranalyze": ("flutter analyze", (), "projectdirectory"),
    "firebasedeploy": ("firebase deploy", (), ""),
    "cmdline1": ("", ("filename", "arguments"), "workingfolder"),
}
_HARMLESS = re.compile(
    r"^(publish|download|use|install|cache|copyfiles|copy|archive|extract|delete|nodetool|gettools?|replacetokens|"
    r"gitversion|sonar\w*prepare|sonar\w*publish|report|notif|slack|teams|manual|delay|invoke|update|create|azurekeyvault|"
    r"twineauthenticate|pipauthenticate|npmauthenticate|mavenauthenticate|nugetauthenticate|nugettoolinstaller|"
    r"visualstudiotestplatforminstaller|condaenvironment|apple|inst|downloadsecure|buildqualitychecks|qualitygate|"
    r"versioning|gitleaks|setversion|vsts?-|dotnetcoreinstaller|hub|java|ruby|php|helminstaller|kubectlinstaller|"
    r"dockerinstaller|funcinstaller|go-?tool|azure|aws|index|esrp|sign|microbuild|generate|trigger|assembly|file|"
    r"token|json|xml|variable|tag|git|checkout|jira|service|send|service(now)?|wait|start|stop|query|review|powershell)"
    r"|installer$|tool$|authenticate$",
    re.I,
)
SCRIPT_INPUTS = _words("script inlinescript command commands customcommand arguments args targets goals tasks scripts")


def is_harmless(name: str) -> bool:
    """Whether a task that is in no table certainly runs no test, by the first word of its name."""
    return bool(_HARMLESS.search(name))


def name_of(task: str) -> tuple[str, str]:
    """A task's name in lower case without publisher and version, and its version ("Npm@1" -> "npm", "1")."""
    name, _, version = task.strip().partition("@")
    return name.rpartition(".")[2].lower(), version.partition(".")[0]
